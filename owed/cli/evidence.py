"""owed evidence: everything about a debt as a folder and a ZIP that anybody can check."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from outreach.language import LANGUAGES, language_in
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import note, print_json, say
from owed.cli.references import find
from owed.cli.statements import Subject
from owed.errors import Mistake, Outside
from owed.evidence import as_zip, complete, write_folder
from receivables.facts import Invoice
from store import journal
from sync.assess import assess
from sync.evidence import gather, safe_name, scope_of

_LANGUAGE = (
    "Of what people read in it: en, de, fr or es. By default that of your own country, whose court or agency most likely"
    " reads it, and not the debtor's; else English."
)


def register(application: typer.Typer) -> None:
    application.command("evidence")(evidence)


def evidence(
    ref: Subject,
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    out: Annotated[Path, typer.Option("--out", help="The folder to put it in.")] = Path(),
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Ask the platforms for the invoices as PDF.")] = True,
    language: Annotated[str, typer.Option("--language", help=_LANGUAGE)] = "",
    as_json: Json = False,
) -> None:
    """Statement, invoices, messages with receipts, replies, promises, payments, decisions; python3 -I verify.py checks it."""
    if language and language not in LANGUAGES:
        raise Mistake(f"--language {language}: expected one of {', '.join(LANGUAGES)}")
    installation = open_installation(config, now)
    language = language or language_in(installation.business.country)
    seen = assess(installation, decide=False)
    subject = find(seen, ref)
    scope = scope_of(installation, seen, subject)
    files = complete(gather(installation, seen, scope, language=language, pdfs=pdf), language)
    called = subject.number if isinstance(subject, Invoice) else subject.name
    name = f"evidence-{safe_name(called) or safe_name(str(subject.ref))}"
    folder, packed = out / name, out / f"{name}.zip"
    for path in (folder, packed):
        if path.exists():
            raise Mistake(f"{path} is there already; name another folder with --out")
    try:
        write_folder(files, folder)
        packed.write_bytes(as_zip(files, name))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)  # half a bundle is none, and would be in the way of the next try
        packed.unlink(missing_ok=True)
        raise Outside(f"{folder} cannot be written: {error.strerror or error}") from None
    with installation.store.read() as tx:
        head = journal.head(tx)
    if as_json:
        print_json({"folder": str(folder), "zip": str(packed), "files": sorted(files), "head": head.hash})
        return
    say(f"{folder}: {len(files)} files; {packed}")
    say(f"journal: {head.number} entries, head {head.hash}")
    missing = files.get("invoices/missing.txt", b"").decode().splitlines()
    for line in missing:
        note(f"no PDF: {line}")
    say(f"check it with: python3 -I {folder / 'verify.py'}")
