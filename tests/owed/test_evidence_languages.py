"""A bundle in the language of the court that reads it: what people read follows, what programs read stays."""

from pathlib import Path

import pytest

from outreach.evidence_words import evidence_words
from outreach.language import LANGUAGES
from owed.evidence.verify import HEADINGS
from tests.owed.conftest import Desk
from tests.owed.test_evidence import remade, verify


@pytest.fixture
def chased(desk: Desk) -> Desk:
    desk.go_live("--release", "all")
    desk.owed("apply", "--yes")
    return desk


def made_in(desk: Desk, *options: str) -> Path:
    name = "-".join(("in", *options))
    desk.owed("evidence", "A-100", "--out", str(desk.folder / name), "--no-pdf", *options)
    return desk.folder / name / "evidence-A-100"


#: The heading of the README, the title of the statement, and what stands before the recipients of a message.
_SPOKEN = {
    "en": ("EVIDENCE BUNDLE", "Statement of account: Acme Ltd", "\nTo: ap@acme.example\n"),
    "de": ("BEWEISMAPPE", "Forderungsaufstellung: Acme Ltd", "\nAn: ap@acme.example\n"),
    "fr": ("DOSSIER DE PREUVES", "Relevé de compte\u00a0: Acme Ltd", "\nÀ\u00a0: ap@acme.example\n"),
    "es": ("EXPEDIENTE DE PRUEBAS", "Estado de cuenta: Acme Ltd", "\nPara: ap@acme.example\n"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bundle_in_each_language_is_verified(chased: Desk, language: str) -> None:
    folder = made_in(chased, "--language", language)
    readme, title, recipients = _SPOKEN[language]
    found = verify(folder)
    assert found.returncode == 0, found.stdout + found.stderr
    assert (folder / "README.txt").read_text().startswith(f"{readme}\n")
    assert (folder / "statement.txt").read_text().startswith(f"{title}\n")
    assert f'<html lang="{language}">' in (folder / "statement.html").read_text()
    (letter,) = folder.glob("messages/*send-reminder*.txt")
    assert recipients in letter.read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_letter_is_found_in_each_language(chased: Desk, language: str) -> None:
    folder = made_in(chased, "--language", language)
    (letter,) = folder.glob("messages/*send-reminder*.txt")
    to, subject = HEADINGS[language]
    whole = letter.read_text()
    for old, new in [
        (f"\n{to}ap@acme.example\n", f"\n{to}ap@elsewhere.example\n"),
        (f"\n{to}", f"\nTo: ap@elsewhere.example\n{to}"),
        (f"\n{subject}", f"\n{subject}Not "),
        ("£1,200.00", "£1,300.00"),
    ]:
        assert old in whole
        letter.write_text(whole.replace(old, new, 1))
        remade(folder)
        assert f"{letter.name} does not hold its words" in verify(folder).stdout


def test_the_verifier_knows_the_headings_of_every_language() -> None:
    told = {language: evidence_words(language).letter for language in LANGUAGES}
    assert {key: (one.to.format(to=""), one.subject.format(subject="")) for key, one in told.items()} == HEADINGS


def test_what_programs_read_is_the_same_in_every_language(chased: Desk) -> None:
    english, german = made_in(chased, "--language", "en"), made_in(chased, "--language", "de")
    for path in sorted(english.rglob("*.*")):
        name = path.relative_to(english)
        if path.suffix in (".csv", ".json", ".py") and path.name != "manifest.json":
            assert path.read_bytes() == (german / name).read_bytes(), name
    assert (english / "statement.csv").read_text().splitlines()[1].split(",")[1] == "Invoice A-100"


def test_a_business_hands_its_own_court_a_bundle_in_that_court_s_language(chased: Desk) -> None:
    """Acme is British; and a German business may still ask for English."""
    chased.settings('country = "GB"', 'country = "DE"')
    statement = (made_in(chased) / "statement.txt").read_text()
    assert "Rechnung A-100" in statement
    assert "1.200,00\u00a0£" in statement
    assert "Invoice A-100" in (made_in(chased, "--language", "en") / "statement.txt").read_text()


def test_a_language_that_owed_does_not_write_is_refused(chased: Desk) -> None:
    told = chased.owed("evidence", "A-100", "--language", "it", "--no-pdf", code=2)
    assert "--language it: expected one of en, de, fr, es" in told.err


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_to_the_reader_name_every_file_in_every_language(chased: Desk, language: str) -> None:
    folder = made_in(chased, "--language", language)
    words = (folder / "README.txt").read_text()
    there = {path.relative_to(folder).parts[0] for path in folder.rglob("*") if path.is_file()}
    assert [name for name in there - {"README.txt"} if name.replace("statement.", ".") not in words] == []
    assert "\n  python3 -I verify.py\n" in words
