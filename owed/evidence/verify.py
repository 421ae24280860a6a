"""Checks an evidence bundle: python3 -I verify.py [FOLDER]. Needs only Python's standard library (3.8 or newer)."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"

#: What stands before the recipients and the subject of a message as text, in each language that a bundle can be in.
HEADINGS = {
    "en": ("To: ", "Subject: "),
    "de": ("An: ", "Betreff: "),
    "fr": ("À\u00a0: ", "Objet\u00a0: "),
    "es": ("Para: ", "Asunto: "),
}


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


def entries_by_subject(journal: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Those that are shown, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in journal["entries"]:
        if "event" in entry:
            found.setdefault(entry["subject"], []).append(entry)
    return found


def told_by(entries: list[dict[str, Any]], name: str) -> list[Any]:
    """What these entries tell of one thing, oldest first; nothing where it was erased."""
    bodies = [json.loads(entry["body"]) for entry in entries if entry.get("body")]
    return [body[name] for body in bodies if isinstance(body, dict) and name in body]


def instant(text: str) -> tuple[str, str]:
    """To the microsecond, whether or not a fraction of nothing is written."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return seconds, fraction.ljust(6, "0")


def check_message(message: dict[str, Any], entries: list[dict[str, Any]], letter: Path) -> list[str]:
    """What is wrong with one: its content, its states and its receipt are those that the journal holds."""
    wrong: list[str] = []
    digest = message["payload_digest"]
    if message["payload"] is not None:
        digest = hashlib.blake2b(message["payload"].encode(), digest_size=16).hexdigest()
    if told_by(entries, "payload")[-1:] != [digest]:
        wrong.append("its content is not the one in the journal")
    states = [[one["number"], one["event"], one["actor"], instant(one["at"])] for one in entries]
    if states != [[one["number"], one["state"], one["actor"], instant(one["at"])] for one in message["states"]]:
        wrong.append("its states are not those in the journal")
    sent = [one for one in entries if one["event"] == "sent"]
    receipts = told_by(sent[-1:], "reference")
    state, reference = message["receipt"]["state"], message["receipt"]["reference"]
    if [state] != [one["event"] for one in entries[-1:]] or (state == "sent" and receipts and reference != receipts[0]):
        wrong.append("its receipt is not the one in the journal")
    if message["payload"] is not None and letter.exists() and not is_letter_of(message, letter):
        wrong.append(f"{letter.name} does not hold its words")
    return wrong


def is_letter_of(message: dict[str, Any], letter: Path) -> bool:
    """In whichever language its headings are: below them its own words, and above the subject its recipients, once."""
    told, text = json.loads(message["payload"]), letter.read_text(encoding="utf-8")
    recipients = tuple(to for to, _ in HEADINGS.values())
    for to, subject in HEADINGS.values():
        words = f"\n{subject}{told['subject']}\n\n{told['text']}\n"
        head = text[: -len(words)].split("\n")
        if text.endswith(words) and [one for one in head if one.startswith(recipients)] == [to + ", ".join(told["to"])]:
            return True
    return False


def check_messages(folder: Path, journal: dict[str, Any]) -> tuple[list[str], int, int]:
    """(faults, messages, messages whose content was erased): none differs from the journal, and none is left out."""
    told = entries_by_subject(journal)
    faults: list[str] = []
    seen: set[str] = set()
    erased = 0
    for path in sorted((folder / "messages").glob("*.json")):
        message = json.loads(path.read_text(encoding="utf-8"))
        seen.add(message["id"])
        erased += message["payload"] is None
        wrong = check_message(message, told.get(message["id"], []), path.with_suffix(".txt"))
        faults += [f"{path.relative_to(folder).as_posix()}: {one}" for one in wrong]
    left_out = {subject for subject, entries in told.items() if told_by(entries, "payload")} - seen
    faults += [f"messages/: {one} stands in the journal and is left out" for one in sorted(left_out)]
    return faults, len(seen), erased


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
        f"{messages} messages and other effects are those that the journal says were frozen, with states and receipts",
    ]
    told += [f"  of {erased} of them the content was erased"] if erased else []
    told += [f"  the hashes of {believed} entries were believed, not computed"] if believed else []
    told += ["OK: compare the manifest's SHA-256 and the head with those noted elsewhere", ""]
    sys.stdout.write("\n".join(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
