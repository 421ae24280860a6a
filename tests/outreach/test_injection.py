"""Data and templates come from outside: neither may reach beyond its place in a message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.catalog import check_templates, extended
from outreach.compose import Message, Sender, compose
from outreach.errors import ComposeError
from outreach.plain import plain
from receivables.facts import Contact
from tests.builders import business
from tests.outreach.given import debt, decision, written

NASTY = [
    "Acme\r\nBcc: everybody@x.example",
    "Acme\x00\x1b[2J",
    "</title><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "{{ bank_details }}{% for x in range(9) %}",
    "\ue000\ue001",
    "Acme \u202egnp.exe",
    "x" * 100_000,
]


@pytest.mark.parametrize("nasty", NASTY)
def test_data_stays_data(nasty: str) -> None:
    item = debt(number=nasty, name=nasty, contacts=(Contact(email="a@acme.example", name=nasty, primary=True),))
    message = written(
        item, owner=business(name=nasty), sender=Sender(signature=nasty, bank_details=nasty, reply_to=nasty)
    )
    _harmless(message)


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_stays_data(text: str) -> None:
    item = debt(number=text, contacts=(Contact(email="a@acme.example", name=text, primary=True),))
    _harmless(written(item, sender=Sender(signature=text)))


def _harmless(message: Message) -> None:
    assert "\r" not in message.subject + message.text
    assert "\n" not in message.subject
    assert plain(message.subject, 1_000) == message.subject.replace("\u00a0", " ").replace("\u202f", " ")
    assert len(message.subject) <= 150
    assert message.html.count("<script") == 0
    assert message.html.count("<a ") == 0
    assert message.html.count("<p>") == message.html.count("</p>")
    assert 'onmouseover="' not in message.html
    assert message.text.count("Invoice ") >= 1
    assert message.to == ("a@acme.example",)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:x",
        "data:text/html,x",
        "https://x.example/\nBcc: y",
        "https://x y",
        "a\u202eb",
    ],
)
def test_a_link_leads_to_a_page_or_nowhere(link: str) -> None:
    item = debt()
    with pytest.raises(ComposeError, match="pay link"):
        written(item, links={item.invoice.ref: link})


def test_a_link_is_escaped_in_html() -> None:
    item = debt()
    message = written(item, links={item.invoice.ref: 'https://x.example/?a=1&b="><script>'})
    assert 'href="https://x.example/?a=1&amp;b=&#34;&gt;&lt;script&gt;"' in message.html


HEAD = "Subject: About {{ number }}\n\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ invoices }}\n{{ ''.__class__ }}", "4:1: a template may not use this (getattr)"),
        ("{{ invoices }}\n{{ 'a' * 200000000 }}", "4:1: a template may not use this (mul)"),
        ("{{ invoices }}\n{% for x in range(10) %}x{% endfor %}", "4:1: a template may not use this (for)"),
        ("{{ invoices }}\n{{ number|upper }}", "4:1: a template may not use this (filter)"),
        ("{{ invoices }}\n{{ cycler() }}", "4:1: a template may not use this (call)"),
        ("{{ invoices }}\n{% include 'x' %}", "4:1: a template may not use this (include)"),
        ("{{ invoices }}\n{% set x = 1 %}", "4:1: a template may not use this (assign)"),
        ("{{ invoices }}\n{{ 'a' ~ number }}", "4:1: a template may not use this (concat)"),
        ("{{ invoices }}\nDear {{ contcat }}", "4:9: unknown name contcat (did you mean 'contact'?)"),
        ("{{ invoices }}\n{{ zzz }}", "4:4: unknown name zzz (known here: "),
        ("{{ invoices }}\n{% if %}", "4:1: not a template: Expected an expression"),
        ("Hello", "2:1: the list of invoices is missing"),
    ],
)
def test_a_template_may_do_little_and_says_where_it_does_more(body: str, expected: str) -> None:
    found = [str(problem) for problem in check_templates({"en/friendly.txt": HEAD + body})]
    assert any(problem.startswith(f"en/friendly.txt:{expected}") for problem in found), found


@pytest.mark.parametrize(
    ("filename", "text", "expected"),
    [
        ("en/friendly.txt", "Hello\n\n{{ invoices }}", "the first line is not a subject"),
        ("en/friendly.txt", "Subject: \n\n{{ invoices }}", "the first line is not a subject"),
        ("en/friendly.txt", "Subject: x\nHello\n{{ invoices }}", "en/friendly.txt:2:1: expected an empty line"),
        ("en/friendly.txt", "Subject: {{ invoices }}\n\n{{ invoices }}", "en/friendly.txt:1:13: unknown name invoices"),
        ("it/friendly.txt", HEAD + "{{ invoices }}", "LANGUAGE one of en, de, fr, es"),
        ("en/friendly.md", HEAD + "{{ invoices }}", "not a template's name"),
        ("en/friendly.txt", HEAD + "{{ invoices }}" + "x" * 20_000, "longer than 16,384 characters"),
        ("en/thanks.txt", HEAD + "{{ invoices }}", 'template "thanks" is missing in de, fr, es'),
    ],
)
def test_a_template_that_cannot_be_used(filename: str, text: str, expected: str) -> None:
    assert expected in "\n".join(map(str, check_templates({filename: text})))


def test_all_problems_of_all_templates_are_told_at_once() -> None:
    found = check_templates({"en/friendly.txt": HEAD + "{{ a }}\n{{ b }}", "de/firm.txt": "x"})
    assert len(found) == 4


def test_an_own_template_takes_the_place_of_the_built_in_one() -> None:
    text = "Subject: Post für {{ customer }}\r\n\r\nHallo!\r\n\r\n{{ invoices }}\r\nTschüss, {{ signature }}\r\n"
    catalog, problems = extended({"de/friendly.txt": text})
    assert problems == []
    item = debt(country="DE", number="7")
    message = compose(decision(item), [item], business(), Sender(signature="Tischlerei"), {}, catalog=catalog)
    assert message.subject == "Post für Acme Ltd"
    assert message.text.startswith("Hallo!\n\nRechnung 7: ")
    assert message.text.endswith("Tschüss, Tischlerei\n")


def test_a_template_that_leaves_the_list_out_in_some_case_is_refused_then() -> None:
    catalog, problems = extended({"en/friendly.txt": HEAD + "{% if count == 2 %}{{ invoices }}{% endif %}Hello"})
    assert problems == []
    with pytest.raises(ComposeError, match="left the list of invoices out"):
        compose(decision(debt()), [debt()], business(), Sender(), {}, catalog=catalog)


@given(st.text(alphabet=st.sampled_from("{}%# \nabif()[]|~*+'\"._0"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_template_is_either_refused_or_harmless(body: str) -> None:
    catalog, problems = extended({"en/friendly.txt": HEAD + "{{ invoices }}\n" + body})
    if not problems:
        message = compose(decision(debt()), [debt()], business(), Sender(), {}, catalog=catalog)
        assert len(message.text) < 1_000
