"""All templates and fixed words that messages can be composed from: the built-in ones, and an admin's own instead."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import msgspec
import tomli
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outreach.errors import ComposeError
from outreach.language import LANGUAGES
from outreach.message_templates import MessageTemplate, read_template
from receivables.problems import Problem


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fixed words around the list of invoices, in one language. French parts a colon off.

    `days` holds {count}; `days_late` {from} and {to}, `days_later` {from}, both numbers of days.
    """

    invoice: str
    issued: str
    due: str
    overdue: str
    amount: str
    pay: str
    total: str
    grand_total: str
    also: str
    bank_details: str
    day: str
    days: str
    colon: str
    payment_to: str
    account_name: str
    bank: str
    iban: str
    bic: str
    sort_code: str
    account_number: str
    reference: str
    not_due: str
    days_late: str
    days_later: str

    def days_text(self, count: int) -> str:
        return self.day if count == 1 else self.days.replace("{count}", str(count))


@dataclass(frozen=True, slots=True)
class Catalog:
    """`layout` is the HTML around every message; it escapes all that is put into it."""

    templates: Mapping[tuple[str, str], MessageTemplate]
    words: Mapping[str, Words]
    layout: Template

    @property
    def names(self) -> frozenset[str]:
        """The templates that every language has: what a step may name."""
        found = [{name for language, name in self.templates if language == wanted} for wanted in LANGUAGES]
        return frozenset(set.intersection(*found))

    def template(self, language: str, name: str) -> MessageTemplate:
        """Raises ComposeError for one that does not exist."""
        found = self.templates.get((language, name))
        if found is None:
            raise ComposeError(f'there is no template "{name}" in the language "{language}"')
        return found


@lru_cache(maxsize=1)
def built_in() -> Catalog:
    """The templates that come with owed."""
    root = files("outreach") / "templates"
    texts = {
        f"{language}/{entry.name}": entry.read_text(encoding="utf-8")
        for language in LANGUAGES
        for entry in (root / language).iterdir()
        if entry.name.endswith(".txt")
    }
    templates, problems = _read_all(texts)
    assert not problems, problems
    words = {
        language: msgspec.convert(tomli.loads((root / language / "words.toml").read_text(encoding="utf-8")), Words)
        for language in LANGUAGES
    }
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return Catalog(templates, words, environment.from_string((root / "layout.html").read_text(encoding="utf-8")))


def extended(texts: Mapping[str, str]) -> tuple[Catalog, list[Problem]]:
    """The built-in catalog with an admin's own templates: `texts` by file name, such as `de/friendly.txt`.

    One that replaces nothing must be there in every language. With problems, do not use the catalog.
    """
    usual = built_in()
    own, problems = _read_all(texts)
    templates = {**usual.templates, **own}
    catalog = Catalog(templates, usual.words, usual.layout)
    for language, name in sorted(own):
        missing = [other for other in LANGUAGES if (other, name) not in templates]
        if missing:
            what = f'template "{name}" is missing in {", ".join(missing)}'
            problems.append(Problem(f"{language}/{name}.txt:1:1", what))
    return catalog, problems


def check_templates(texts: Mapping[str, str]) -> list[Problem]:
    """Every problem of an admin's own templates, with file:line:column."""
    return extended(texts)[1]


def _read_all(texts: Mapping[str, str]) -> tuple[dict[tuple[str, str], MessageTemplate], list[Problem]]:
    found: dict[tuple[str, str], MessageTemplate] = {}
    problems: list[Problem] = []
    for filename in sorted(texts):
        template, wrong = read_template(filename, texts[filename])
        problems += wrong
        if template:
            found[template.language, template.name] = template
    return found, problems
