"""From a decision to the words that a debtor reads: subject, text and HTML, in the debtor's language."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from babel import Locale

from outreach.catalog import Catalog, Words, built_in
from outreach.errors import ComposeError
from outreach.invoice_list import InvoiceList, as_text, invoice_list, number_of
from outreach.language import day_text, language_of, locale_of, money_text
from outreach.plain import has_unprinted, plain, plain_lines
from outreach.recipients import recipients_of
from receivables.business import Business
from receivables.decisions import Decision
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.refs import Ref

#: Marks in a rendered body; values cannot hold them, because private-use characters are taken out of all of them.
_INVOICES, _BANK = "\ue000", "\ue001"
_LONGEST = 2_000_000


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, from the settings. `language` is for debtors of whom neither language nor country is known."""

    address: str = ""
    reply_to: str = ""
    signature: str = ""
    bank_details: str = ""
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
) -> Message:
    """The message of a decision by e-mail. `links` by invoice may be placeholders; `now` is when it was decided.

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
    recipients = recipients_of(concerned, business)
    values = _values(leading, business, sender, on, locale, words) | {"contact": recipients.name}
    template = catalog.template(language, decision.template)
    subject = plain(template.subject.render(values), 150)
    blocks = _main_blocks(template.body.render(values), invoice_list(leading, links, on, locale, words), sender, words)
    if others:
        blocks = _with_others(blocks, invoice_list(others, links, on, locale, words), concerned, locale, words)
    html = catalog.layout.render(language=language, subject=subject, blocks=blocks, words=words)
    text = _as_text(blocks, words)
    return _checked(
        Message(subject=subject, text=text, html=html, to=recipients.to, cc=recipients.cc, language=language)
    )


def _concerned(decision: Decision, items: Iterable[OpenItem]) -> list[OpenItem]:
    """The decision's items, oldest due date first; raises ComposeError where they are not what was decided on."""
    found = {item.invoice.ref: item for item in items if item.invoice.ref in decision.invoices}
    if decision.channel != "email":
        raise ComposeError("the platform's own e-mail has no words of ours")
    if set(found) != set(decision.invoices):
        raise ComposeError("an invoice of this decision is no longer open")
    if any(item.invoice.currency != decision.currency for item in found.values()):
        raise ComposeError("a message is about one currency")
    if decision.demand != Money(sum(item.demandable for item in found.values()), decision.currency):
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
    }


def _main_blocks(body: str, listed: InvoiceList, sender: Sender, words: Words) -> list[Block]:
    """The rendered body as paragraphs, its marks replaced by what they stand for."""
    blocks: list[Block] = []
    for part in re.split(f"({_INVOICES}|{_BANK})", body):
        if part == _INVOICES:
            blocks.append(listed)
        elif part == _BANK:
            bank = plain_lines(sender.bank_details)
            blocks += [Paragraph((f"{words.bank_details}{words.colon}".rstrip(), *bank.split("\n")))] if bank else []
        else:
            blocks += _paragraphs(part)
    if listed not in blocks:
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


def _checked(message: Message) -> Message:
    """Nothing that could become a header of its own, and nothing without a reader."""
    if not message.to:
        raise ComposeError("nobody to write to: no e-mail address outside your own business is known")
    if any(has_unprinted(header) for header in (message.subject, *message.to, *message.cc)):
        raise ComposeError("a subject or an address holds characters that must not be sent")
    if not message.subject or max(len(message.text), len(message.html)) > _LONGEST:
        raise ComposeError("the message has no subject or is too long to be read")
    return message
