"""From a decision to the words that a debtor reads: subject, text and HTML, in the debtor's language."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from babel import Locale

from outreach.aged import aging_lines, amounts_and_days
from outreach.bank import BankAccount, account_for, bank_lines, payment_reference
from outreach.catalog import Catalog, Words, built_in
from outreach.errors import ComposeError
from outreach.invoice_list import InvoiceList, as_text, invoice_list, number_of
from outreach.language import day_text, language_of, locale_of, money_text
from outreach.message_templates import DEMANDS_NOTHING
from outreach.plain import has_unprinted, plain, plain_lines
from outreach.recipients import recipients_of
from receivables.business import Business
from receivables.decisions import Decision
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.refs import Ref

#: Marks in a rendered body; values cannot hold them, because private-use characters are taken out of all of them.
_INVOICES, _BANK, _AGING = "\ue000", "\ue001", "\ue002"
_LONGEST = 2_000_000
#: A statement tells how things stand; its decision may leave the demand out.
_UNDEMANDED = DEMANDS_NOTHING | {"statement"}


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, from the settings. `language` is for debtors of whom neither language nor country is known."""

    address: str = ""
    reply_to: str = ""
    signature: str = ""
    bank_details: str = ""
    #: Accounts by currency; they go before `bank_details`.
    bank: dict[str, BankAccount] = {}
    #: Addresses that are copied in openly.
    cc: tuple[str, ...] = ()
    language: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it will be sent, except that pay links may still stand for themselves."""

    subject: str
    text: str
    html: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    lines: tuple[str, ...]


Block = Paragraph | InvoiceList


def compose(
    decision: Decision,
    items: Iterable[OpenItem],
    business: Business,
    sender: Sender,
    links: Mapping[Ref, str],
    *,
    catalog: Catalog | None = None,
    now: dt.datetime | None = None,
    posted: bool = False,
) -> Message:
    """The message of a decision by e-mail, or, `posted`, the words of a letter, which needs no e-mail address.

    `links` by invoice may be placeholders; `now` is when it was decided.

    Raises ComposeError when the words would not be true any more, or could not be sent.
    """
    catalog = catalog or built_in()
    concerned = _concerned(decision, items)
    riding = {own.invoice for own in decision.alongside if decision.stage > 0}
    leading = [item for item in concerned if str(item.invoice.ref) not in riding]
    others = [item for item in concerned if str(item.invoice.ref) in riding]
    instant = now or decision.decided_at
    if instant is None or not leading:
        raise ComposeError("a decision needs its time and an invoice at its own stage")
    on = business.day_of(instant)
    language = language_of(concerned, business, sender.language)
    locale = locale_of(language, [item.customer.country for item in concerned if item.customer] + [business.country])
    words = catalog.words[language]
    recipients = recipients_of(concerned, business, decision.to, (*decision.cc, *sender.cc))
    values = _values(leading, business, sender, on, locale, words) | {"contact": recipients.name}
    values |= amounts_and_days(leading, on, locale)
    template = catalog.template(language, decision.template)
    subject = plain(template.subject.render(values), 150)
    marks: dict[str, Block] = {_INVOICES: invoice_list(leading, links, on, locale, words)}
    marks[_AGING] = Paragraph(aging_lines(leading, on, locale, words))
    marks[_BANK] = Paragraph(_bank(sender, concerned, words))
    blocks = _main_blocks(template.body.render(values), marks, asks=decision.template not in DEMANDS_NOTHING)
    if others:
        blocks = _with_others(blocks, invoice_list(others, links, on, locale, words), concerned, locale, words)
    html = catalog.layout.render(language=language, subject=subject, blocks=blocks, words=words)
    text = _as_text(blocks, words)
    message = Message(subject=subject, text=text, html=html, to=recipients.to, cc=recipients.cc, language=language)
    return _checked(message, posted=posted)


def _concerned(decision: Decision, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The decision's items, oldest due date first; raises ComposeError where they are not what was decided on."""
    found = {item.invoice.ref: item for item in items if item.invoice.ref in decision.invoices}
    if decision.channel != "email":
        raise ComposeError("the platform's own e-mail has no words of ours")
    if set(found) != set(decision.invoices):
        raise ComposeError("an invoice of this decision is no longer open")
    if any(item.invoice.currency != decision.currency for item in found.values()):
        raise ComposeError("a message is about one currency")
    due = Money(sum(item.demandable for item in found.values()), decision.currency)
    if decision.demand != due and not (decision.demand is None and decision.template in _UNDEMANDED):
        raise ComposeError("the amount due has changed since this was decided")
    return sorted(found.values(), key=lambda item: (item.invoice.due_on or dt.date.max, item.invoice.ref))


def _values(
    leading: list[OpenItem], business: Business, sender: Sender, on: dt.date, locale: Locale, words: Words
) -> dict[str, object]:
    """What templates may name; nothing in it holds a line break or an unprinted character, except the signature."""
    oldest = leading[0]
    total = Money(sum(item.demandable for item in leading), oldest.invoice.currency)
    return {
        "business": plain(business.name),
        "customer": plain(oldest.customer.name if oldest.customer else ""),
        "count": len(leading),
        "number": number_of(oldest),
        "total": money_text(total, locale),
        "due_on": day_text(oldest.invoice.due_on, locale),
        "days_overdue": words.days_text(max(0, oldest.days_past_due(on) or 0)),
        "reply_to": plain(sender.reply_to),
        "signature": plain_lines(sender.signature) or plain(business.name),
        "invoices": _INVOICES,
        "bank_details": _BANK,
        "aging": _AGING,
        "numbers": ", ".join(number_of(item) for item in leading),
        "reference": payment_reference(number_of(item) for item in leading),
    }


def _bank(sender: Sender, concerned: list[OpenItem], words: Words) -> tuple[str, ...]:
    """The account for the currency; else the settings' free text; no line where neither is set."""
    account = account_for(sender.bank, concerned[0].invoice.currency)
    if account:
        return bank_lines(account, payment_reference(number_of(item) for item in concerned), words)
    bank = plain_lines(sender.bank_details)
    return (f"{words.bank_details}{words.colon}".rstrip(), *bank.split("\n")) if bank else ()


def _main_blocks(body: str, marks: Mapping[str, Block], *, asks: bool) -> list[Block]:
    """The rendered body as paragraphs, its marks replaced by what they stand for."""
    blocks: list[Block] = []
    for part in re.split(f"({'|'.join(marks)})", body):
        block = marks.get(part)
        if block is None:
            blocks += _paragraphs(part)
        elif isinstance(block, InvoiceList) or block.lines:
            blocks.append(block)
    if asks and marks[_INVOICES] not in blocks:
        raise ComposeError("the template left the list of invoices out")
    return blocks


def _paragraphs(text: str) -> list[Block]:
    parts = [[line.strip() for line in part.strip().split("\n")] for part in re.split(r"\n\s*\n", text)]
    return [Paragraph(tuple(lines)) for lines in parts if any(lines)]


def _with_others(
    blocks: list[Block], others: InvoiceList, concerned: list[OpenItem], locale: Locale, words: Words
) -> list[Block]:
    """After the list that the words are about: invoices at an earlier stage, in words that suit a first mention."""
    total = Money(sum(item.demandable for item in concerned), concerned[0].invoice.currency)
    place = max(index for index, block in enumerate(blocks) if isinstance(block, InvoiceList)) + 1
    more: list[Block] = [
        Paragraph((words.also,)),
        others,
        Paragraph((f"{words.grand_total}{words.colon}{money_text(total, locale)}",)),
    ]
    return [*blocks[:place], *more, *blocks[place:]]


def _as_text(blocks: Iterable[Block], words: Words) -> str:
    parts = (as_text(block, words) if isinstance(block, InvoiceList) else "\n".join(block.lines) for block in blocks)
    return "\n\n".join(parts) + "\n"


def _checked(message: Message, *, posted: bool) -> Message:
    """Nothing that could become a header of its own, and nothing without a reader."""
    if not (message.to or posted):
        raise ComposeError("nobody to write to: no e-mail address outside your own business is known")
    if any(has_unprinted(header) for header in (message.subject, *message.to, *message.cc)):
        raise ComposeError("a subject or an address holds characters that must not be sent")
    if not message.subject or max(len(message.text), len(message.html)) > _LONGEST:
        raise ComposeError("the message has no subject or is too long to be read")
    return message
