"""The words of an evidence bundle: whole in every language, and naming the same values."""

from importlib.resources import files
from typing import get_args

import msgspec
import pytest

from outreach.evidence_words import EvidenceWords, LineWords, Phrase, StateWords, evidence_words, read_words, texts
from outreach.language import LANGUAGES, language_in
from store.outbox import OPEN_STATES

OTHERS = [language for language in LANGUAGES if language != "en"]


def toml(language: str) -> str:
    return (files("outreach") / "templates" / language / "evidence.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    keys = [name for name, text in texts(evidence_words(language)) if text.strip() == text and text]
    assert keys == [name for name, _ in texts(evidence_words("en"))]
    assert len(keys) == toml(language).count(" = ")


def test_there_are_words_for_every_line_and_every_state() -> None:
    assert set(get_args(Phrase)) == set(LineWords.__struct_fields__)
    assert {*OPEN_STATES, "sent", "failed", "cancelled", "refused"} == set(StateWords.__struct_fields__)


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_was_left_in_english(language: str) -> None:
    english = dict(texts(evidence_words("en")))
    assert [name for name, text in texts(evidence_words(language)) if text == english[name]] == []


@pytest.mark.parametrize("key", ["title", "no_day", "lines", "payment", "subject", "sent"])
def test_a_key_that_is_missing_or_unknown_is_refused(key: str) -> None:
    usual = toml("en")
    marks = f"\n[{key}]\n", f"\n[{key}s]\n"
    if f"\n{key} = " in f"\n{usual}":
        marks = f"\n{key} = ", f"\n{key}_again = "
    broken = f"\n{usual}".replace(*marks, 1)
    with pytest.raises(msgspec.ValidationError):
        read_words(broken, usual)


@pytest.mark.parametrize(
    ("old", "new"),
    [("Al {day}", "Al {dia}"), ("Al {day}", "Al"), ("sin fecha", ""), ("sin fecha", "sin {day}")],
)
def test_a_text_that_is_empty_or_names_other_values_is_refused(old: str, new: str) -> None:
    assert isinstance(read_words(toml("es"), toml("en")), EvidenceWords)
    with pytest.raises(ValueError, match="expected words with the values"):
        read_words(toml("es").replace(old, new, 1), toml("en"))


def test_a_state_without_words_stands_as_it_is() -> None:
    assert evidence_words("de").state("sent") == "gesendet"
    assert evidence_words("de").state("lost") == "lost"


@pytest.mark.parametrize(
    ("country", "language"),
    [("DE", "de"), ("at", "de"), ("FR", "fr"), ("MX", "es"), ("GB", "en"), ("CH", "en"), ("", "en")],
)
def test_a_country_s_language_is_the_one_that_business_is_done_in(country: str, language: str) -> None:
    assert language_in(country) == language
