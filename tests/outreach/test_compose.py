"""The words that debtors read: whole messages, and what must be true of all of them."""

import itertools
from typing import Any

import pytest

from outreach.catalog import built_in
from outreach.compose import Sender, compose
from outreach.errors import ComposeError
from outreach.message_templates import DEMANDS_NOTHING
from receivables.facts import Contact
from tests.builders import business, days_ago
from tests.outreach.given import JANE, SENDER, debt, decision, written

ENGLISH = """Dear Jane Smith,

The following invoice was due on 26 February 2026 and by our records is still open. Perhaps it was overlooked.

Invoice INV-i1: £1,250.00
  Issued: 27 January 2026 · Due: 26 February 2026 · Overdue: 12 days
  Pay online: https://pay.example/i1

We would be grateful for your payment. If you have paid within the last few days, thank you, and please disregard this message.

If something stands in the way of payment, or if somebody else looks after this, please reply to this message or write to accounts@harbour.example.

Bank details:
IBAN GB33 BUKB 2020 1555 5555 55

Kind regards
Harbour Joinery
Accounts
"""

GERMAN = """Guten Tag Jane Smith,

wir haben Ihnen wegen der folgenden Rechnungen bereits geschrieben; die älteste ist nun seit 30 Tagen überfällig. Eine Zahlung konnten wir bisher nicht feststellen.

Rechnung INV-i2: 99,50\u00a0€
  Ausgestellt: 9. Januar 2026 · Fällig: 8. Februar 2026 · Überfällig seit: 30 Tagen

Rechnung INV-i1: 1.250,00\u00a0€
  Ausgestellt: 18. Januar 2026 · Fällig: 17. Februar 2026 · Überfällig seit: 21 Tagen

Summe: 1.349,50\u00a0€

Auch diese Rechnungen sind inzwischen fällig. Ist ihre Zahlung schon unterwegs, betrachten Sie diesen Teil bitte als gegenstandslos:

Rechnung INV-i3: 10,00\u00a0€
  Ausgestellt: 6. Februar 2026 · Fällig: 8. März 2026 · Überfällig seit: 2 Tagen

Summe aller Rechnungen in dieser Nachricht: 1.359,50\u00a0€

Bitte überweisen Sie 1.349,50\u00a0€ in den nächsten Tagen. Haben Sie bereits bezahlt, teilen Sie uns bitte mit, wann und wie, damit wir die Zahlung zuordnen können.

Sind Sie mit einer der Rechnungen nicht einverstanden oder brauchen Sie mehr Zeit, antworten Sie bitte auf diese Nachricht oder schreiben Sie an accounts@harbour.example; wir finden eine Lösung.

Bankverbindung:
IBAN GB33 BUKB 2020 1555 5555 55

Mit freundlichen Grüßen
Harbour Joinery
Accounts
"""


def test_a_first_reminder_about_one_invoice() -> None:
    item = debt()
    message = written(item, links={item.invoice.ref: "https://pay.example/i1"})
    assert message.subject == "Invoice INV-i1: a friendly reminder"
    assert message.text == ENGLISH
    assert message.to == ("jane@acme.example",)
    assert message.cc == ()
    assert message.language == "en"
    assert '<a href="https://pay.example/i1">Pay online</a>' in message.html


def test_a_second_reminder_in_german_with_an_invoice_at_its_first_stage() -> None:
    items = [
        debt("i1", 21, 125_000, country="DE", currency="EUR"),
        debt("i2", 30, 9_950, country="DE", currency="EUR"),
        debt("i3", 2, 1_000, country="DE", currency="EUR"),
    ]
    message = written(*items, template="reminder", stage=2, riding=1)
    assert message.subject == "Zahlungserinnerung: 2 Rechnungen, 1.349,50 €"
    assert message.text == GERMAN
    assert '<html lang="de">' in message.html


@pytest.mark.parametrize(
    ("language", "template", "subject", "words"),
    [
        ("en", "upcoming", "Invoice INV-i1 falls due on 13 March 2026", "falls due on 13 March 2026"),
        ("en", "final", "Last reminder: invoice INV-i1, £1,250.00", "our last written reminder"),
        ("de", "friendly", "Rechnung INV-i1: freundliche Erinnerung", "war am 13. März 2026 fällig"),
        ("fr", "friendly", "Facture INV-i1 : petit rappel", "était payable le 13 mars 2026"),
        ("fr", "firm", "Facture INV-i1 : 1 250,00 £GB en retard, merci de répondre", "sous sept jours"),
        ("es", "reminder", "Recordatorio: factura INV-i1 de 1.250,00 GBP vencida", "Ya le escribimos"),
        ("es", "final", "Último recordatorio: factura INV-i1, 1.250,00 GBP", "nuestro último recordatorio"),
    ],
)
def test_each_language_has_its_own_words(language: str, template: str, subject: str, words: str) -> None:
    message = written(debt(overdue=-3, language=language, country=""), template=template, owner=business(country=""))
    assert message.subject.replace("\u202f", " ").replace("\u00a0", " ") == subject
    assert words in message.text


TEMPLATES = sorted(built_in().templates)


@pytest.mark.parametrize(("language", "template"), TEMPLATES)
@pytest.mark.parametrize(("count", "bare"), [(1, False), (3, False), (1, True), (2, True)])
def test_every_template_is_whole_in_every_case(language: str, template: str, count: int, bare: bool) -> None:
    """One and several invoices; with all settings, and with none of them and no name."""
    people = () if bare else (JANE,)
    items = [
        debt(f"i{n}", 20 + n, 1_000 * n, language=language, contacts=people, email="jane@acme.example")
        for n in range(1, count + 1)
    ]
    message = written(*items, template=template, stage=2, sender=Sender() if bare else SENDER)
    for text in (message.subject, message.text, message.html):
        assert not any(mark in text for mark in ("{%", "{{", "}}", "None", "  \n", "\ue000", "\ue001"))
    assert all(item.invoice.number in message.text and item.invoice.number in message.html for item in items)
    assert ("IBAN" in message.text) is (not bare and template not in DEMANDS_NOTHING)
    assert "\n\n\n" not in message.text
    assert ("Jane" in message.text) is not bare
    assert message.text.endswith("Harbour Joinery\n" if bare else "Accounts\n")


FORBIDDEN = (
    "legal", "court", "lawyer", "solicitor", "interest", "agency", "bailiff", "credit rating",
    "anwalt", "gericht", "mahnbescheid", "inkasso", "zinsen", "verzug", "schufa",
    "avocat", "tribunal", "huissier", "intérêts", "recouvrement", "mise en demeure",
    "abogad", "juzgado", "demanda", "intereses", "judicial", "morosos",
)  # fmt: skip


@pytest.mark.parametrize(("language", "template"), TEMPLATES)
def test_no_template_threatens_or_claims_what_may_not_be_law(language: str, template: str) -> None:
    text = written(debt(language=language), template=template, stage=2).text.casefold()
    assert [word for word in FORBIDDEN if word in text] == []


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_every_language_has_every_template(language: str) -> None:
    names = {name for code, name in TEMPLATES if code == language}
    dunning = {"upcoming", "friendly", "reminder", "firm", "final"}
    occasions = {"statement", "thank_you", "promise_broken", "instalment_missed", "dispute_resolved"}
    assert names == dunning | occasions == built_in().names


def test_only_what_may_be_demanded_is_asked_for() -> None:
    message = written(debt(amount=10_000, matched=1_000, unapplied=500, in_flight=2_000))
    assert "£65.00" in message.text
    assert "100.00" not in message.text


def test_a_link_stays_in_one_piece_even_when_it_only_stands_for_one() -> None:
    items = debt("i1"), debt("i2", 15)
    token = "{{pay-link:books:invoice:i1}}"
    url = "https://pay.example/" + "x" * 300
    message = written(*items, links={items[0].invoice.ref: token, items[1].invoice.ref: url})
    assert token in message.text
    assert f'href="{token}"' in message.html
    assert url in message.text.replace("\r", "")
    assert f'href="{url}"' in message.html


def test_an_upcoming_message_lists_every_invoice_together() -> None:
    items = debt("i1", -3), debt("i2", -7)
    message = written(*items, template="upcoming", stage=0, riding=1)
    assert "2 invoices fall due soon" in message.subject
    assert "too, are past their due date" not in message.text
    assert "Overdue" not in message.text + message.html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"channel": "platform"}, "the platform's own e-mail has no words of ours"),
        ({"currency": "EUR"}, "a message is about one currency"),
        ({"template": "fierce"}, 'there is no template "fierce"'),
        ({"decided_at": None}, "a decision needs its time"),
        ({"riding": 1, "stage": 2}, "an invoice at its own stage"),
    ],
)
def test_what_cannot_be_composed(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ComposeError, match=said):
        written(debt(), **changes)


def test_words_are_only_written_about_the_amounts_that_were_decided_on() -> None:
    decided = decision(debt(amount=10_000))
    with pytest.raises(ComposeError, match="the amount due has changed"):
        compose(decided, [debt(amount=9_000)], business(), SENDER, {})
    with pytest.raises(ComposeError, match="no longer open"):
        compose(decided, [debt("i2")], business(), SENDER, {})


def test_the_same_input_gives_the_same_message_in_any_order() -> None:
    items = debt("i1"), debt("i2", 15), debt("i3", 3)
    assert len({written(*order) for order in itertools.permutations(items)}) == 1


def test_a_debtor_with_a_thousand_invoices_still_gets_one_message() -> None:
    items = [debt(f"i{number}", 30, 100) for number in range(1_000)]
    message = written(*items)
    assert message.text.count("Invoice INV-") == message.html.count("<td>INV-") == 1_000
    assert "Total: £1,000.00" in message.text


def test_days_are_those_of_the_business() -> None:
    assert "Overdue: 1 day\n" in written(debt(overdue=1), owner=business(timezone="Europe/London")).text
    assert "Overdue: 2 days" in written(debt(due_on=days_ago(1)), owner=business(timezone="Pacific/Kiritimati")).text


def test_nobody_is_no_reader() -> None:
    with pytest.raises(ComposeError, match="nobody to write to"):
        written(debt(contacts=(Contact(email="broken@"),)))
