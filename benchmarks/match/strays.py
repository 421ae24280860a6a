"""Cases in which money belongs to no document: junk that a careless matcher gives an invoice."""

import datetime as dt

from msgspec.structs import replace

from benchmarks.match.paying import exactly, maybe, nothing, pay
from benchmarks.match.world import _FIRST, _SECOND, DAYS, YEAR_START, World  # the same words, other people


def _day(world: World) -> dt.date:
    return YEAR_START + dt.timedelta(days=world.chance.randrange(20, DAYS + 40))


def _perhaps(world: World, text: str, amount: int, on: dt.date) -> str:
    """Six in ten say what it is."""
    return text if world.happens(0.6) else nothing(world, amount, on)


def duplicate(world: World) -> None:
    """The same payment twice; the second settles nothing."""
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    text = maybe(world, [owed.number], owed.open, on, 0.75)
    first = pay(world, client, on, owed.open, [owed], text)
    later = on + dt.timedelta(days=world.chance.randrange(5))
    world.payments.append(replace(first, id=f"p{len(world.payments):07}", paid_on=later))
    world.truth[world.payments[-1].id] = frozenset()


def refund(world: World) -> None:
    _money_back(world, "refund")


def chargeback(world: World) -> None:
    _money_back(world, "chargeback")


def _money_back(world: World, word: str) -> None:
    """An invoice that is paid, and the money going out again: the first settles it, the second nothing."""
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    text = maybe(world, [owed.number], owed.open, on, 0.8)
    pay(world, client, on, owed.open, [owed], text)
    back = -owed.open if world.happens(0.7) else -max(1, owed.open // 2)
    pay(world, client, on + dt.timedelta(days=9), back, [], f"{word} {text}")


def prepayment(world: World) -> None:
    """On account of work that is not invoiced yet."""
    client = world.client()
    on, amount = _day(world), world.chance.choice((25_000, 50_000, 100_000, world.amount(client) + 17))
    text = world.chance.choice(("deposit", "prepayment", "advance payment", "payment in advance for order", "retainer"))
    pay(world, client, on, amount, [], _perhaps(world, text, amount, on))


def interest(world: World) -> None:
    amount, on = world.chance.randrange(3, 4000), _day(world)
    pay(
        world,
        world.client(),
        on,
        amount,
        [],
        _perhaps(world, "GROSS INTEREST", amount, on),
        payer=("BANK INTEREST", ""),
        currency="GBP",
    )


def tax_refund(world: World) -> None:
    text = f"VAT REPAYMENT {world.chance.randrange(10**8, 10**9)}"
    amount = world.chance.randrange(5_000, 900_000)
    pay(world, world.client(), _day(world), amount, [], text, payer=("HMRC VAT", "GB00HMRC1"), currency="GBP")


def owners_money(world: World) -> None:
    text = world.chance.choice(("director loan", "capital introduced", "DLA", "from savings"))
    amount = world.chance.choice((100_000, 250_000, 500_000, 1_000_000, 12_000))
    on = _day(world)
    text = _perhaps(world, text, amount, on)
    pay(world, world.client(), on, amount, [], text, payer=("H JOINER", "GB11OWNER"), currency="GBP")


def other_peoples_customer(world: World) -> None:
    """Meant for somebody else, with a number that may look like one of ours."""
    chance, stranger = world.chance, world.client()
    number = stranger.numbering.format(n=chance.randrange(1000, 30_000), own=chance.randrange(1, 40), year=2025)
    on, amount = _day(world), world.amount(stranger)
    text = exactly(world, [number], amount, on) if world.happens(0.6) else nothing(world, amount, on)
    name = f"{chance.choice(_FIRST)} {chance.choice(_FIRST)} {chance.choice(_SECOND)}"
    account = f"FR{chance.randrange(10**18, 10**19)}"
    pay(world, stranger, on, amount, [], text, payer=(name, account))
