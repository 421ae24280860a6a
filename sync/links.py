"""One live pay link an invoice: the platform's own page where online payment is enabled on it, else Stripe."""

import html
from collections.abc import Mapping

from receivables.commands import CreatePaymentLink, WithdrawPaymentLink
from receivables.open_items import OpenItem
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from store.outbox import Effect, NewEffect
from sync.installation import Installation


def token(ref: Ref) -> str:
    """Stands in a composed message for a link that is only made when the message is about to leave."""
    return f"{{{{pay-link:{ref}}}}}"


def fill(text: str, urls: Mapping[Ref, str], *, markup: bool = False) -> str:
    """Put the links into a composed text, or into its HTML."""
    for ref, url in urls.items():
        text = text.replace(token(ref), html.escape(url) if markup else url)
    return text


def live_url(item: OpenItem) -> str:
    """The link that already exists and asks for exactly what is due now, or ""."""
    if item.invoice.pay_url and item.demandable == item.invoice.open:
        return item.invoice.pay_url
    if item.link and item.link.active and item.link.amount == item.demandable:
        return item.link.url
    return ""


def needed(item: OpenItem, installation: Installation, known: Mapping[str, Effect]) -> NewEffect | None:
    """The command that makes a link for an item; None where no platform can, or all have refused."""
    invoice = item.invoice
    stripe = installation.first_of("stripe")
    makers = [invoice.connection] if invoice.online_payment and item.demandable == invoice.open else []
    makers += [stripe] if stripe and stripe not in makers else []
    for maker in makers:
        intent = f"link/{maker}/{invoice.ref}/{item.demandable}{invoice.currency}"
        effect = known.get(intent)
        if effect and effect.state == "failed":
            continue
        number = invoice.number or invoice.id
        command = CreatePaymentLink(
            connection=maker,
            invoice=invoice.ref,
            amount=item.demand,
            description=f"{installation.business.name}: invoice {number}",
            number=number,
        )
        return NewEffect(intent=intent, command=command, debtor=item.debtor)
    return None


def outdated(snapshot: Snapshot, items: Mapping[str, OpenItem]) -> list[NewEffect]:
    """Links of ours that ask for another amount than is due, or for a debt that is settled."""
    effects = []
    for _, link in sorted(snapshot.links.items()):
        if not (link.active and link.invoice.count(":") >= 2):
            continue
        item = items.get(link.invoice)
        if item is None or (link.amount != item.demandable and not item.in_flight):
            command = WithdrawPaymentLink(connection=link.connection, link=link.ref, invoice=Ref.parse(link.invoice))
            effects.append(NewEffect(intent=f"withdraw/{link.ref}", command=command))
    return effects
