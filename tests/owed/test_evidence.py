"""The bundle tells everything about a debt, is the same each time, and shows every change; checked by Python alone."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sync.evidence import safe_name
from tests.owed.conftest import Desk


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    """As a court's expert would: in an empty environment, with the standard library alone."""
    command = [sys.executable, "-I", "-S", "verify.py"]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


def told(folder: Path, name: str) -> object:
    return json.loads((folder / name).read_text())


@pytest.fixture
def chased(desk: Desk) -> Desk:
    desk.go_live("--release", "all")
    desk.owed("apply", "--yes")
    desk.owed("promise", "A-100", "--on", "2026-11-30", "--reason", "by telephone")
    return desk


@pytest.fixture
def bundle(chased: Desk) -> Path:
    chased.owed("evidence", "A-100", "--out", str(chased.folder / "out"), "--no-pdf")
    return chased.folder / "out" / "evidence-A-100"


def test_a_bundle_is_verified_in_an_empty_environment(bundle: Path) -> None:
    found = verify(bundle)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "OK: compare" in found.stdout
    assert (
        "messages and other effects are those that the journal says were frozen, with states and receipts"
        in found.stdout
    )


def test_it_holds_the_message_its_receipt_the_promise_and_why(bundle: Path) -> None:
    (message,) = bundle.glob("messages/*send-reminder*.json")
    sent = json.loads(message.read_text())
    assert sent["receipt"]["state"] == "sent"
    assert [one["state"] for one in sent["states"]] == ["planned", "approved", "sending", "sent"]
    assert "A-100" in json.loads(sent["payload"])["subject"] + json.loads(sent["payload"])["text"]
    assert "by telephone" in (bundle / "agreements.json").read_text()
    assert "1,200.00" in (bundle / "statement.html").read_text()
    (decisions,) = json.loads((bundle / "decisions.json").read_text())
    assert decisions["decisions"][0]["age_seconds"] == 0
    assert "Brook" not in "".join(path.read_text() for path in bundle.rglob("*") if path.is_file())


def test_the_zip_holds_the_same_files(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.with_suffix(".zip")) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert verify(tmp_path / "unpacked" / bundle.name).returncode == 0


def test_the_same_state_gives_the_same_bytes(chased: Desk) -> None:
    for name in ("one", "two"):
        chased.owed("evidence", "A-100", "--out", str(chased.folder / name), "--no-pdf")
    first, second = (chased.folder / name / "evidence-A-100.zip" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def _flip(bundle: Path, name: str) -> None:
    body = bytearray((bundle / name).read_bytes())
    body[len(body) // 2] ^= 1
    (bundle / name).write_bytes(bytes(body))


@pytest.mark.parametrize("name", ["statement.html", "payments.json", "README.txt", "journal.json"])
def test_a_flipped_bit_is_found(bundle: Path, name: str) -> None:
    _flip(bundle, name)
    found = verify(bundle)
    assert found.returncode == 1
    assert "FAILED" in found.stdout


def test_a_file_that_is_missing_or_beside_is_found(bundle: Path) -> None:
    (bundle / "payments.json").unlink()
    (bundle / "messages" / "9999.json").write_text("{}")
    out = verify(bundle).stdout
    assert "payments.json: missing" in out or "cannot be read" in out
    shutil.rmtree(bundle / "messages")
    assert "messages/" in verify(bundle).stdout


@pytest.mark.parametrize(
    ("name", "folder"),
    [("Müller & Söhne", "Muller-Sohne"), ("株式会社", ""), ("../../etc", "etc"), ("x" * 99, "x" * 60)],
)
def test_a_folder_s_name_is_one_for_every_file_system(name: str, folder: str) -> None:
    assert safe_name(name) == folder


def remade(bundle: Path) -> None:
    """Whoever changes a file can make a new manifest; the chain and the digests still tell."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"actor": "owed"', '"actor": "nobody"'),
        ('"event": "sent"', '"event": "failed"'),
        ('\\"reason\\":\\"by', '\\"reason\\":\\"in'),
    ],
)
def test_a_changed_entry_is_found_even_with_a_new_manifest(bundle: Path, old: str, new: str) -> None:
    text = (bundle / "journal.json").read_text()
    assert old in text
    (bundle / "journal.json").write_text(text.replace(old, new, 1))
    remade(bundle)
    assert "FAILED: journal" in verify(bundle).stdout


def test_a_changed_message_is_found_even_with_a_new_manifest(bundle: Path) -> None:
    (message,) = bundle.glob("messages/*send-reminder*.json")
    message.write_text(message.read_text().replace("A-100", "A-999"))
    remade(bundle)
    assert "its content is not the one in the journal" in verify(bundle).stdout


@pytest.mark.parametrize(
    ("suffix", "old", "new", "fault"),
    [
        ("json", '"state": "approved"', '"state": "planned"', "its states are not those in the journal"),
        ("json", '"reference": "<', '"reference": "<0', "its receipt is not the one in the journal"),
        ("txt", "A-100", "A-999", "does not hold its words"),
        ("txt", "To: ap@acme.example", "To: ap@elsewhere.example", "does not hold its words"),
    ],
)
def test_a_changed_receipt_or_letter_is_found_even_with_a_new_manifest(
    bundle: Path, suffix: str, old: str, new: str, fault: str
) -> None:
    (message,) = bundle.glob(f"messages/*send-reminder*.{suffix}")
    text = message.read_text()
    assert old in text
    message.write_text(text.replace(old, new, 1))
    remade(bundle)
    assert fault in verify(bundle).stdout


def test_a_message_that_is_left_out_is_found_even_with_a_new_manifest(bundle: Path) -> None:
    for path in bundle.glob("messages/*send-reminder*"):
        path.unlink()
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"] = {name: digest for name, digest in manifest["files"].items() if (bundle / name).exists()}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert "stands in the journal and is left out" in verify(bundle).stdout


def test_a_customer_s_bundle_holds_all_its_invoices_with_their_pdfs(chased: Desk) -> None:
    made = chased.json("evidence", "Brook & Sons", "--out", str(chased.folder / "all"))
    pdfs = [name for name in made["files"] if name.endswith(".pdf")]
    assert len(pdfs) == 2
    folder = Path(made["folder"])
    assert verify(folder).returncode == 0
    assert (folder / pdfs[0]).read_bytes().startswith(b"%PDF-")
    text = (folder / "statement.txt").read_text()
    assert "Open by the books: £500.00." in text
    assert "not explained" not in text


def test_nothing_is_written_over(chased: Desk, bundle: Path) -> None:
    told = chased.owed("evidence", "A-100", "--out", str(bundle.parent), "--no-pdf", code=2)
    assert "is there already" in told.err


#: The system takes no longer one, its end counted.
_LONGEST_PATH = os.pathconf("/", "PC_PATH_MAX")


def test_a_bundle_that_cannot_be_written_leaves_no_half_of_it(chased: Desk) -> None:
    """The short names still fit into the path, those of the messages do not."""
    out = chased.folder
    room = _LONGEST_PATH - len("/evidence-A-100/manifest.json") - 10
    while (left := room - len(str(out)) - 1) > 0:
        out /= "x" * min(left, 200)
    told = chased.owed("evidence", "A-100", "--out", str(out), "--no-pdf", code=1)
    assert "cannot be written: File name too long" in told.err
    assert out.is_dir()
    assert not list(out.iterdir())


def test_a_bundle_about_an_erased_customer_says_so_and_is_still_verified(chased: Desk) -> None:
    chased.owed("erase", "Brook & Sons", "--yes", "--force", "--reason", "asked")
    made = chased.json("evidence", "B-100", "--out", str(chased.folder / "erased"), "--no-pdf")
    found = verify(Path(made["folder"]))
    assert found.returncode == 0, found.stdout
    assert "of 3 of them the content was erased" in found.stdout
