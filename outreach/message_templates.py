"""Templates of messages: read, checked, compiled. A template may do little, so that it can do no harm.

It has a subject line, an empty line, and a body. Between the words it may use the names of `BODY_NAMES`, and
`{% if %}` with comparisons of them: no loops, no filters, no calls, no attributes, no arithmetic. So what it writes
can be no longer than itself and the values it names, and it reaches nothing but these.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outreach.language import LANGUAGES
from receivables.problems import Problem

#: What each name stands for; `invoices` and `bank_details` become a block of their own.
SUBJECT_NAMES = {
    "business": "the name of your business",
    "customer": "the customer's name",
    "count": "how many invoices the message is about",
    "number": "the number of the first of them",
    "total": "what is due for them, with its currency",
    "due_on": "the due date of the oldest",
    "days_overdue": 'how long the oldest is overdue, such as "12 days"',
}
BODY_NAMES = SUBJECT_NAMES | {
    "numbers": "the numbers of all invoices that the message is about",
    "contact": "the person the message is for, when there is one with a name",
    "invoices": "the list of invoices with their pay links",
    "aging": "what is due by how long it is past due, one line each",
    "overdue_total": "what of the total is past its due date",
    "bank_details": "your bank details from the settings, for the currency of the message",
    "reference": "what to quote with a payment: the numbers of the invoices",
    "promised_on": "the day on which payment was promised, when there is one",
    "instalment": "the instalment that did not come, with its currency, when there is a payment plan",
    "instalment_due_on": "the day on which it was due",
    "received": "what was received last for the invoices, with its currency, when it is known",
    "reply_to": "the address that replies go to, when one is set",
    "signature": "your signature from the settings, else the name of your business",
}

#: Templates that ask for nothing: they may not name what is due, nor where to pay it.
DEMANDS_NOTHING = frozenset({"thank_you"})
_DEMANDING = frozenset(
    "total due_on days_overdue invoices aging overdue_total bank_details reference promised_on instalment instalment_due_on".split()
)

_LONGEST = 16_384
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)

#: Bodies are plain text: what becomes HTML is escaped as a whole, later, by the layout's own environment.
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One template in one language, ready to be rendered."""

    language: str
    name: str
    subject: Template
    body: Template


def read_template(filename: str, text: str) -> tuple[MessageTemplate | None, list[Problem]]:
    """The template in a file such as `de/friendly.txt`; None when there is any problem."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    problems = list(_check_form(filename, text))
    if problems:
        return None, problems
    head, _, body = text.partition("\n")
    subject = head.partition(":")[2].strip()
    language, _, name = filename.removesuffix(".txt").rpartition("/")
    refused = _DEMANDING if name in DEMANDS_NOTHING else frozenset()
    problems += _check_part(filename, head, subject, _without(SUBJECT_NAMES, refused), 1)
    problems += _check_part(filename, text, body, _without(BODY_NAMES, refused), 2)
    if problems:
        return None, problems
    compiled = (_ENVIRONMENT.from_string(subject), _ENVIRONMENT.from_string(body))
    return MessageTemplate(language.rpartition("/")[2], name, *compiled), []


def _without(names: dict[str, str], refused: frozenset[str]) -> dict[str, str]:
    return {name: meaning for name, meaning in names.items() if name not in refused}


def _check_form(filename: str, text: str) -> Iterator[Problem]:
    language = filename.rpartition("/")[0].rpartition("/")[2]
    if language not in LANGUAGES or not filename.endswith(".txt"):
        yield Problem(
            f"{filename}:1:1", "not a template's name", f"LANGUAGE/NAME.txt, LANGUAGE one of {', '.join(LANGUAGES)}"
        )
    if len(text) > _LONGEST:
        yield Problem(f"{filename}:1:1", f"longer than {_LONGEST:,} characters")
    lines = text.split("\n", 2)
    if not lines[0].startswith("Subject:") or not lines[0].partition(":")[2].strip():
        yield Problem(f"{filename}:1:1", "the first line is not a subject", "Subject: Invoice {{ number }} is overdue")
    elif len(lines) > 1 and lines[1].strip():
        yield Problem(f"{filename}:2:1", "expected an empty line after the subject")


def _check_part(filename: str, whole: str, source: str, names: dict[str, str], first_line: int) -> list[Problem]:
    """What is wrong in the subject or in the body, with lines counted in the whole file."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        return [Problem(f"{filename}:{error.lineno + first_line - 1}:1", f"not a template: {error.message}")]
    found: list[Problem] = []
    lines = whole.split("\n")
    for node in _walk(tree):
        line = (node.lineno or 1) + first_line - 1
        if isinstance(node, nodes.Name) and node.name not in names:
            column = max(1, lines[line - 1].find(node.name) + 1)
            near = difflib.get_close_matches(node.name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(names))}"
            found.append(Problem(f"{filename}:{line}:{column}", f"unknown name {node.name}", hint))
        elif not isinstance(node, _ALLOWED):
            what = type(node).__name__.lower()
            found.append(
                Problem(f"{filename}:{line}:1", f"a template may not use this ({what})", "only names and {% if %}")
            )
    if "invoices" in names and not any(
        isinstance(node, nodes.Name) and node.name == "invoices" for node in _walk(tree)
    ):
        found.append(
            Problem(f"{filename}:{first_line}:1", "the list of invoices is missing", "add a line {{ invoices }}")
        )
    return list(dict.fromkeys(found))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """Every node; what is inside a refused one is passed over."""
    yield node
    if isinstance(node, _ALLOWED):
        for child in node.iter_child_nodes():
            yield from _walk(child)
