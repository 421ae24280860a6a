"""Checks an evidence bundle: python3 -I verify.py [FOLDER]. Needs only Python's standard library (3.8 or newer)."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check_files(folder: Path) -> tuple[list[str], int]:
    """(faults, number of files): each as the manifest says, none missing, none beside."""
    told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    faults = [f"{name}: missing" for name in sorted(set(told) - there)]
    faults += [f"{name}: not in the manifest" for name in sorted(there - set(told) - {MANIFEST})]
    for name in sorted(set(told) & there):
        path = folder / name
        if path.is_symlink() or hashlib.sha256(path.read_bytes()).hexdigest() != told[name]:
            faults.append(f"{name}: changed")
    return faults, len(told)


def entry_hash(organisation: str, entry: dict[str, Any], previous: str) -> tuple[str | None, str]:
    """(hash, fault) as the entry itself gives it; hash None where it cannot be computed."""
    if "content" in entry:
        return sha256(previous + entry["content"]), ""
    if "event" not in entry:
        return None, ""
    named = [entry["actor"], entry["event"], entry["subject"]]
    if not entry["sealed"]:
        if entry["body"] is None:
            return None, ""
        return sha256(canonical([previous, organisation, entry["number"], entry["at"], *named, entry["body"]])), ""
    if entry["body"] is not None and sha256(entry["salt"] + entry["body"]) != entry["sealed"]:
        return None, f"entry {entry['number']}: what it tells was changed"
    content = sha256(canonical([organisation, entry["number"], entry["at"], *named, entry["sealed"]]))
    return sha256(previous + content), ""


def check_journal(journal: dict[str, Any]) -> tuple[list[str], int, int]:
    """(faults, entries shown, entries whose hash is only believed)."""
    faults: list[str] = []
    shown, believed = 0, 0
    previous, number = journal["previous"], None
    for entry in journal["entries"]:
        if number is not None and entry["number"] != number + 1:
            faults.append(f"journal: entry {entry['number']} does not follow {number}")
        number = entry["number"]
        shown += "event" in entry
        found, fault = entry_hash(journal["organisation"], entry, previous)
        if fault:
            faults.append("journal: " + fault)
        elif found is None:
            believed += 1
        elif found != entry["hash"]:
            faults.append(f"journal: entry {number} does not fit its hash, or the one before it")
        previous = entry["hash"]
    if journal["entries"] and (previous != journal["head"]["hash"] or number != journal["head"]["number"]):
        faults.append("journal: it does not lead to its head")
    return faults, shown, believed


def check_messages(folder: Path, journal: dict[str, Any]) -> tuple[list[str], int, int]:
    """(faults, messages, messages whose content was erased): the content is the one whose digest the journal holds."""
    frozen: dict[str, list[str]] = {}
    for entry in journal["entries"]:
        if entry.get("body") and "event" in entry:
            told = json.loads(entry["body"])
            if isinstance(told, dict) and "payload" in told:
                frozen.setdefault(entry["subject"], []).append(told["payload"])
    faults: list[str] = []
    count, erased = 0, 0
    for path in sorted((folder / "messages").glob("*.json")):
        message = json.loads(path.read_text(encoding="utf-8"))
        count += 1
        digest = message["payload_digest"]
        if message["payload"] is None:
            erased += 1
        else:
            digest = hashlib.blake2b(message["payload"].encode(), digest_size=16).hexdigest()
        if frozen.get(message["id"], [""])[-1] != digest:
            faults.append(f"{path.relative_to(folder).as_posix()}: its content is not the one in the journal")
    return faults, count, erased


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        faults, files = check_files(folder)
        journal = json.loads((folder / "journal.json").read_text(encoding="utf-8"))
        wrong, shown, believed = check_journal(journal)
        differing, messages, erased = check_messages(folder, journal)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stdout.write(f"FAILED: the bundle cannot be read: {type(error).__name__}: {error}\n")
        return 1
    faults += wrong + differing
    if faults:
        sys.stdout.writelines(f"FAILED: {fault}\n" for fault in faults)
        return 1
    head, manifest = journal["head"], hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    told = [
        f"{files} files are as the manifest says; its own SHA-256 is {manifest}",
        f"{shown} entries of the journal shown; the chain leads to entry {head['number']}, {head['hash']}",
        f"{messages} messages and other effects are the ones that the journal says were frozen",
    ]
    told += [f"  of {erased} of them the content was erased"] if erased else []
    told += [f"  the hashes of {believed} entries were believed, not computed"] if believed else []
    told += ["OK: compare the manifest's SHA-256 and the head with those noted elsewhere", ""]
    sys.stdout.write("\n".join(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
