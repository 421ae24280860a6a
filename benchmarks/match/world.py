"""The business whose ledger it is: customers with habits, invoices with numbers, rates of the day."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.match.mixes import Mix
from reconciliation.matching.items import CustomerRecord, OpenDocument, PaymentLine, Rates

YEAR_START = dt.date(2025, 1, 6)
DAYS = 360

_FIRST = """Harbour Northern Oak Silver Kestrel Bright Union Castle River Summit Granite Meadow Atlas Beacon Cobalt Delta
Ember Falcon Glen Hazel Ivory Juniper Keystone Lantern Maple Nova Orchid Pioneer Quarry Redwood Saffron Tidal Umber
Vale Willow Yarrow Zenith Albion Birch Cedar Dover Elm Forge Grove Heath Iron Jade Kingfisher Linden Mill Anders Brook
Carver Dalton Evans Fletcher Graham Hughes Ingram Jarvis Keller Larsen Moreau Novak Olsen Petrov Quinn Rossi Schmidt
Tanaka Ueda Varga Weber Xavier Young Zimmer""".split()
_SECOND = """Joinery Logistics Foods Interiors Engineering Dental Systems Media Textiles Robotics Catering Plumbing
Architects Motors Pharma Consulting Gardens Electrical Printing Roofing Software Security Travel Brewery Optics Marine
Packaging Studios Tools Ventures Partners Holdings Clinic Bakery Legal Freight""".split()
_SYLLABLES = """bar ven dal kor mi lun tas ber sto gra fen wick ham mer lo ri na po sul ket var zen ol ta dun
hol pe ster mar ka wes tor lin go ry""".split()
_FORMS = ["Ltd", "Ltd", "Limited", "LLP", "GmbH", "Inc", "PLC", "B.V.", "SARL", ""]
_TWINS = ["(North)", "(South)", "UK", "International", "Group", "Services", "2", "Europe"]
PEOPLE = """J Smith;Maria Gonzalez;Tom O'Brien;Anna Kowalska;P Patel;Lena Fischer;D Williams;Chloe Martin;Ivan Horvat;
Sara Lindqvist;M Rossi;Ken Watanabe;Olivia Brown;F Haddad;Nina Jansen""".replace("\n", "").split(";")
FACTORS = ["CAPITAL FACTORING AG", "BIBBY INVOICE FINANCE", "ALDERMORE FACTORS", "GROUP TREASURY SERVICES"]
PRICES = [999, 1900, 2900, 4900, 9900, 12000, 14900, 24900, 50000]
USD = {"GBP": 1.27, "EUR": 1.08, "USD": 1.0, "JPY": 0.0067, "CHF": 1.13}


@dataclass(slots=True)
class Client:
    """A customer and how it pays."""

    record: CustomerRecord
    account: str
    currency: str
    terms: int
    delay: float
    spread: float
    numbering: str
    prices: list[int]
    own: int = 0
    parent: tuple[str, str] = ("", "")


@dataclass(slots=True)
class World:
    """What has been invented so far. `truth` maps each payment to the documents it settles."""

    mix: Mix
    chance: random.Random
    clients: list[Client] = field(default_factory=list)
    documents: list[OpenDocument] = field(default_factory=list)
    payments: list[PaymentLine] = field(default_factory=list)
    truth: dict[str, frozenset[str]] = field(default_factory=dict)
    case_of: dict[str, str] = field(default_factory=dict)
    rates: Rates = field(default_factory=dict)
    next_number: int = 1000

    def client(self) -> Client:
        return self.chance.choice(self.clients)

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def invoice(
        self, client: Client, issue_on: dt.date | None = None, amount: int = 0, number: str = ""
    ) -> OpenDocument:
        """A new open invoice of this client, sometimes also known to a second system."""
        chance = self.chance
        issue = issue_on or YEAR_START + dt.timedelta(days=chance.randrange(DAYS))
        self.next_number += chance.choice((1, 1, 1, 2, 3))
        client.own += 1
        number = number or client.numbering.format(n=self.next_number, own=client.own, year=issue.year)
        made = OpenDocument(
            id=f"d{len(self.documents):07}",
            number=number,
            customer_id=client.record.id,
            currency=client.currency,
            open=amount or self.amount(client),
            issue_on=issue,
            due_on=issue + dt.timedelta(days=client.terms),
            purchase_order=f"PO{chance.randrange(10_000, 99_999)}" if self.happens(0.3) else "",
            source="xero",
        )
        self.documents.append(made)
        if self.happens(self.mix.mirrored):
            self._mirror(made)
        return made

    def _mirror(self, original: OpenDocument) -> None:
        self.documents.append(
            OpenDocument(
                id=f"in_{original.id}",
                number=original.number,
                customer_id=original.customer_id,
                currency=original.currency,
                open=original.open,
                issue_on=original.issue_on,
                due_on=original.due_on,
                source="stripe",
            )
        )

    def amount(self, client: Client) -> int:
        if client.prices:
            return self.chance.choice(client.prices)
        value = int(self.chance.lognormvariate(10.8, 1.2)) + 500
        return value // 5000 * 5000 + 5000 if self.happens(self.mix.round_amounts) else value

    def pay_day(self, client: Client, due_on: dt.date | None) -> dt.date:
        assert due_on is not None
        late = 90 if self.happens(0.04) else 0
        early = -client.terms - 3 if self.happens(0.01) else 0
        day = due_on + dt.timedelta(days=round(self.chance.gauss(client.delay + late + early, client.spread)))
        return day + dt.timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 and self.happens(0.8) else 0)

    def rate(self, day: dt.date, currency: str) -> float:
        return self.rates.get((day, currency)) or USD[currency]


def found(mix: Mix, seed: int, payments: int) -> World:
    """Customers and rates; no document yet."""
    world = World(mix, random.Random(f"{mix.name} {seed}"))
    for currency, usd in USD.items():
        level = usd
        for day in range(DAYS + 400):
            level *= 1 + world.chance.gauss(0, 0.004) * (currency != "USD")
            world.rates[YEAR_START + dt.timedelta(days=day), currency] = round(level, 6)
    names = _names(world)
    for number in range(max(8, int(payments * 1.2 / mix.per_customer))):
        world.clients.append(_client(world, number, next(names)))
    return world


def _names(world: World) -> Iterator[str]:
    """Company names; some differ from an earlier one by a word alone."""
    chance, used = world.chance, ["Harbour Joinery"]
    while True:
        first, second = chance.choice(_FIRST), chance.choice(_SECOND)
        middle = f" {chance.choice(['&', 'and'])} {chance.choice(_FIRST)}" if chance.random() < 0.35 else ""
        coined = "".join(chance.choice(_SYLLABLES) for _ in range(chance.choice((2, 3)))).capitalize()
        name = f"{coined if chance.random() < 0.6 else first}{middle} {second}"
        if world.happens(world.mix.twin_names):
            name = f"{chance.choice(used)} {chance.choice(_TWINS)}"
        used.append(name)
        yield f"{name} {chance.choice(_FORMS)}".strip()


def _client(world: World, number: int, name: str) -> Client:
    chance = world.chance
    account = f"GB{chance.randrange(10, 99)}BANK{chance.randrange(10**13, 10**14)}"
    known = world.happens(world.mix.known_accounts)
    mail = f"accounts@{''.join(filter(str.isalnum, name)).lower()}.example"
    subscriber = world.happens(world.mix.subscribers)
    made = Client(
        record=CustomerRecord(f"C{number:05}", name, mail, account if known else ""),
        account=account,
        currency=chance.choices(("GBP", "EUR", "USD", "JPY"), (70, 18, 10, 2))[0],
        terms=chance.choice((14, 30, 30, 30, 45, 60)),
        delay=chance.gauss(4, 9),
        spread=abs(chance.gauss(4, 3)) + 0.5,
        numbering=chance.choice(world.mix.numbers),
        prices=chance.sample(PRICES, chance.choice((1, 1, 2))) if subscriber else [],
    )
    if world.happens(0.12):
        payer = chance.choice([*PEOPLE, *FACTORS, f"{chance.choice(_FIRST)} {chance.choice(_SECOND)} Holdings"])
        made.parent = (payer.upper(), f"DE{chance.randrange(10**18, 10**19)}")
    return made
