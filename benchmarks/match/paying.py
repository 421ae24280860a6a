"""One payment as it shows on a statement, with what it truly settles."""

import datetime as dt
from collections.abc import Sequence

from benchmarks.match import noise
from benchmarks.match.world import YEAR_START, Client, World
from reconciliation.matching.items import OpenDocument, PaymentLine

#: Customers whose name stands in brackets after the payer's, as collecting agents write it.
_ON_BEHALF = 0.25


def pay(
    world: World,
    client: Client,
    on: dt.date,
    amount: int,
    settles: Sequence[OpenDocument],
    text: str,
    *,
    payer: tuple[str, str] | None = None,
    currency: str = "",
    method: str = "bank_transfer",
) -> PaymentLine:
    """Adds the payment and its truth. `payer` is a name and account other than the client's own."""
    chance, mix = world.chance, world.mix
    name, account = payer or (noise.bank_name(chance, client.record.name, mix.name_noise), client.account)
    made = PaymentLine(
        id=f"p{len(world.payments):07}",
        paid_on=on,
        amount=amount,
        currency=currency or client.currency,
        payer_name=name,
        payer_account=account if world.happens(0.7) else "",
        reference=text[:140],
        method=method,
    )
    world.payments.append(made)
    world.truth[made.id] = frozenset(one.id for one in settles)
    return made


def exactly(world: World, numbers: Sequence[str], amount: int, on: dt.date) -> str:
    return noise.phrase(world.chance, noise.joined(world.chance, list(numbers)), amount, on.isoformat())


def noisy(world: World, numbers: Sequence[str], amount: int, on: dt.date) -> str:
    spoilt = [noise.spoilt_number(world.chance, number, world.mix.text_noise) for number in numbers]
    return exactly(world, spoilt, amount, on)


def nothing(world: World, amount: int, on: dt.date) -> str:
    return noise.nothing_said(world.chance, amount, on.strftime("%d.%m.%Y"))


def maybe(world: World, numbers: Sequence[str], amount: int, on: dt.date, share: float) -> str:
    """States the numbers, clean or spoilt, with a chance of `share`."""
    if not world.happens(share):
        return nothing(world, amount, on)
    return (noisy if world.happens(0.3) else exactly)(world, numbers, amount, on)


def own_payer(world: World, client: Client) -> tuple[str, str] | None:
    """The parent or agent that always pays for this client, if there is one."""
    return client.parent if client.parent[0] and world.happens(0.8) else None


def foreign_payer(world: World, client: Client) -> tuple[str, str]:
    if client.parent[0]:
        return client.parent
    name, account = world.chance.choice(["A N OTHER LTD", "R Kumar", "Mr T Baker", "NORDIC HOLDING AB"]), ""
    return name, account


def several(world: World, client: Client, count: int) -> list[OpenDocument]:
    """Invoices of one client, issued within a quarter."""
    start = world.chance.randrange(260)
    days = sorted(world.chance.randrange(start, start + 90) for _ in range(count))
    return [world.invoice(client, YEAR_START + dt.timedelta(days=day)) for day in days]


def last_due(documents: Sequence[OpenDocument]) -> dt.date:
    return max(one.due_on for one in documents if one.due_on)


def on_behalf(world: World, client: Client, text: str) -> str:
    return f"{text} obo {client.record.name}" if world.happens(_ON_BEHALF) else text
