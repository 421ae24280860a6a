"""Cases in which money settles documents. Each adds one or more payments with their truth to the world."""

import datetime as dt
from collections.abc import Callable

from msgspec.structs import replace

from benchmarks.match.paying import (
    exactly,
    foreign_payer,
    last_due,
    maybe,
    noisy,
    nothing,
    on_behalf,
    own_payer,
    pay,
    several,
)
from benchmarks.match.world import DAYS, YEAR_START, World

Case = Callable[[World], None]


def exact_reference(world: World) -> None:
    _referenced(world, exactly)


def noisy_reference(world: World) -> None:
    _referenced(world, noisy)


def _referenced(world: World, write: Callable[..., str]) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    pay(
        world, client, on, owed.open, [owed], write(world, [owed.number], owed.open, on), payer=own_payer(world, client)
    )


def several_references(world: World) -> None:
    client = world.client()
    owed = several(world, client, world.chance.choice((2, 2, 3, 4, 6)))
    on, total = world.pay_day(client, last_due(owed)), sum(one.open for one in owed)
    write = noisy if world.happens(0.3) else exactly
    pay(world, client, on, total, owed, write(world, [one.number for one in owed], total, on))


def number_range(world: World) -> None:
    """Consecutive numbers written as first and last."""
    numbering = world.chance.choice(("INV-{n:05}", "{n}", "SI{n:06}"))
    client, start = world.client(), world.next_number + 1
    issue_on = YEAR_START + dt.timedelta(days=world.chance.randrange(DAYS))
    count = world.chance.choice((2, 3, 4, 6))
    owed = [world.invoice(client, issue_on, number=numbering.format(n=start + turn)) for turn in range(count)]
    world.next_number = max(world.next_number, start + count)
    on, total = world.pay_day(client, owed[0].due_on), sum(one.open for one in owed)
    first, last = owed[0].number, owed[-1].number
    bare = last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
    text = world.chance.choice((f"{first} - {last}", f"{first} to {bare}", f"{first}-{bare}"))
    pay(world, client, on, total, owed, f"inv {text}" if world.happens(0.5) else text)


def purchase_order(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    order = owed.purchase_order or f"PO{world.chance.randrange(10_000, 99_999)}"
    place = next(n for n in range(len(world.documents) - 1, -1, -1) if world.documents[n] is owed)
    world.documents[place] = replace(owed, purchase_order=order)
    on = world.pay_day(client, owed.due_on)
    text = world.chance.choice((order, f"PO {order[2:]}", f"order {order[2:]}", f"your ref {order}"))
    pay(world, client, on, owed.open, [owed], text)


def customer_number(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    text = f"cust {client.record.id} {nothing(world, owed.open, on)}"
    pay(world, client, on, owed.open, [owed], text, payer=foreign_payer(world, client) if world.happens(0.4) else None)


def no_reference(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    pay(world, client, on, owed.open, [owed], nothing(world, owed.open, on), payer=own_payer(world, client))


def foreign_payer_with_reference(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    text = on_behalf(world, client, maybe(world, [owed.number], owed.open, on, 1.0))
    pay(world, client, on, owed.open, [owed], text, payer=foreign_payer(world, client))


def foreign_payer_without_reference(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    text = on_behalf(world, client, nothing(world, owed.open, on))
    pay(world, client, on, owed.open, [owed], text, payer=foreign_payer(world, client))


def partial(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on, share = world.pay_day(client, owed.due_on), world.chance.uniform(0.2, 0.9)
    part = max(1, round(owed.open * share))
    part = part // 1000 * 1000 or part if world.happens(0.5) else part
    pay(world, client, on, part, [owed], maybe(world, [owed.number], part, on, 0.75))


def instalments(world: World) -> None:
    client = world.client()
    owed = world.invoice(client, amount=world.amount(client) * 3)
    count = world.chance.choice((2, 3, 3, 4))
    on, share = owed.issue_on or dt.date.min, owed.open // count
    stated = 0.85 if world.happens(0.6) else 0.0
    for turn in range(count):
        on += dt.timedelta(days=30 + world.chance.randrange(-2, 4))
        part = share if turn < count - 1 else owed.open - share * (count - 1)
        pay(world, client, on, part, [owed], maybe(world, [owed.number], part, on, stated))


def several_payments(world: World) -> None:
    """Two uneven parts within days, such as a limit of the bank."""
    client = world.client()
    owed = world.invoice(client, amount=world.amount(client) * 2)
    first = round(owed.open * world.chance.uniform(0.3, 0.7))
    on = world.pay_day(client, owed.due_on)
    for part in (first, owed.open - first):
        pay(world, client, on, part, [owed], maybe(world, [owed.number], part, on, 0.8))
        on += dt.timedelta(days=world.chance.randrange(5))


def statement(world: World) -> None:
    """Everything that was issued so far, in one sum."""
    client = world.client()
    owed = several(world, client, world.chance.choice((2, 3, 4, 5)))
    on, total = world.pay_day(client, last_due(owed)), sum(one.open for one in owed)
    text = world.chance.choice(("statement", "your statement of account", "all open invoices", "", "acct {}"))
    pay(world, client, on, total, owed, text.replace("{}", client.record.id))


def lump_sum(world: World) -> None:
    """A round sum on account: it settles the oldest first, the last one in part."""
    client = world.client()
    owed = several(world, client, world.chance.choice((2, 3, 4)))
    owed.sort(key=lambda one: (one.due_on, one.id))
    total = sum(one.open for one in owed)
    step = 100_000 if total > 300_000 else 10_000
    paid = max(step, int(total * world.chance.uniform(0.5, 0.95)) // step * step)
    settled, left = [], paid
    for one in owed:
        if left > 0:
            settled.append(one)
            left -= one.open
    if left > 0:
        paid -= left
    text = world.chance.choice(("on account", "payment on account", "", "part payment"))
    pay(world, client, world.pay_day(client, last_due(owed)), paid, settled, text)


def several_without_reference(world: World) -> None:
    """Two or three of the open invoices, while others stay open."""
    client = world.client()
    owed = several(world, client, world.chance.choice((3, 4, 5)))
    paid = world.chance.sample(owed, world.chance.choice((2, 2, 3)))
    on, total = world.pay_day(client, last_due(paid)), sum(one.open for one in paid)
    pay(world, client, on, total, paid, nothing(world, total, on))


def processor_fee(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    percent, fixed = world.chance.choice(((290, 30), (140, 20), (150, 20), (250, 25), (349, 49), (175, 0)))
    on = world.pay_day(client, owed.due_on)
    net = owed.open - round(owed.open * percent / 10_000) - fixed
    pay(world, client, on, net, [owed], maybe(world, [owed.number], net, on, 0.6), method="card")


def bank_charge(world: World) -> None:
    client = world.client()
    owed = world.invoice(client, amount=world.amount(client) + 20_000)
    net = owed.open - world.chance.choice((500, 800, 1000, 1200, 1500, 2000, 2500, 3500))
    on = world.pay_day(client, owed.due_on)
    pay(world, client, on, net, [owed], maybe(world, [owed.number], net, on, 0.7))


def discount(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    assert owed.issue_on is not None
    on = owed.issue_on + dt.timedelta(days=world.chance.randrange(3, 12))
    net = owed.open - round(owed.open * world.chance.choice((0.02, 0.02, 0.03, 0.01, 0.05)))
    pay(world, client, on, net, [owed], maybe(world, [owed.number], net, on, 0.7))


def foreign_currency(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    on = world.pay_day(client, owed.due_on)
    other = world.chance.choice([one for one in ("GBP", "EUR", "USD", "CHF") if one != client.currency])
    units = 100 if client.currency == "JPY" else 1
    ratio = world.rate(on, client.currency) / world.rate(on, other) * units
    received = max(1, round(owed.open * ratio * (1 + world.chance.gauss(0, 0.006))))
    text = maybe(world, [owed.number], received, on, 0.75)
    pay(world, client, on, received, [owed], text, currency=other)


def credit_netted(world: World) -> None:
    """An invoice or two less a credit note, which is settled too."""
    client = world.client()
    owed = several(world, client, world.chance.choice((1, 1, 2)))
    note = world.invoice(client, owed[-1].issue_on, amount=max(1, int(owed[0].open * world.chance.uniform(0.05, 0.5))))
    place = next(n for n in range(len(world.documents) - 1, -1, -1) if world.documents[n].id == note.id)
    del world.documents[place + 1 :]
    note = replace(note, kind="credit_note", number=f"CN-{world.next_number}", purchase_order="")
    world.documents[place] = note
    on, net = world.pay_day(client, last_due(owed)), sum(one.open for one in owed) - note.open
    numbers = [one.number for one in owed] + ([note.number] if world.happens(0.6) else [])
    pay(world, client, on, net, [*owed, note], maybe(world, numbers, net, on, 0.75))


def small_difference(world: World) -> None:
    client = world.client()
    owed = world.invoice(client)
    paid = max(1, owed.open + world.chance.choice((-100, -37, -10, -5, -2, -1, 1, 2, 5, 10, 50, 99)))
    on = world.pay_day(client, owed.due_on)
    pay(world, client, on, paid, [owed], maybe(world, [owed.number], paid, on, 0.6))
