"""Who paid: customers with the share of belief that each is the payer, from account, name, text and earlier payments."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import log

from reconciliation.matching import numbers
from reconciliation.matching import weights as w
from reconciliation.matching.book import Book
from reconciliation.matching.items import CustomerRecord, PaymentLine
from reconciliation.matching.names import NameIndex, words_of
from reconciliation.matching.references import Reading

#: (customer, log of the share of belief, how it is known), the likeliest first.
Belief = tuple[int, float, str]
#: By customer: odds of being the payer, and how that is known.
Shares = dict[int, float]
How = dict[int, str]


class Payers:
    """`somebody_else` in an answer is the log of the share that is left for customers who are not listed."""

    def __init__(self, book: Book, records: Sequence[CustomerRecord], known: dict[str, str]) -> None:
        self._place_of = {name: place for place, name in enumerate(book.customers)}
        self._count = max(2, len(book.customers))
        #: The log of the share of belief in any one customer, before anything is known about the payer.
        self.anybody = -log(self._count)
        self._account_of: list[str] = [""] * len(book.customers)
        self._by_account: dict[str, list[int]] = defaultdict(list)
        self._by_address: dict[str, list[int]] = defaultdict(list)
        names = [""] * len(book.customers)
        for one in records:
            place = self._place_of[one.id]
            names[place] = one.name
            if one.account:
                self._account_of[place] = account_key(one.account)
                self._by_account[account_key(one.account)].append(place)
            if one.email:
                self._by_address[one.email.casefold()].append(place)
        self.names = NameIndex(names)
        self._confirmed = {
            _alias_key(said): self._place_of[name] for said, name in known.items() if name in self._place_of
        }
        self._paid_for: dict[str, _History] = {}
        for name in self._place_of:
            book.add_head(name)
        self.customer_words = {numbers.as_read(name): place for name, place in self._place_of.items() if name}

    def learn(self, payment: PaymentLine, customer: int) -> None:
        """This payer surely paid for this customer: its account and its name may do so again."""
        for key in self._keys(payment):
            history = self._paid_for.get(key)
            if history is None:
                history = self._paid_for[key] = _History()
            history.add(customer)

    def of(self, payment: PaymentLine, reading: Reading) -> tuple[list[Belief], float]:
        """The likeliest payers, and the log of the share of belief in any one of the others."""
        shares = dict(self.names.like(payment.payer_name)) if payment.payer_name else {}
        how = dict.fromkeys(shares, "name")
        own = account_key(payment.payer_account) if payment.payer_account else ""
        if own:
            self._weigh_account(own, shares, how)
        for key in self._keys(payment):
            history = self._paid_for.get(key)
            if history and len(history.times) <= w.PAID_FOR_AT_MOST:
                for customer, odds in history.odds(2.0 if key[0] == "a" else 0.6):
                    _believe(shares, how, customer, odds, "history")
            if key in self._confirmed:
                _believe(shares, how, self._confirmed[key], 50.0, "confirmed")
        if payment.customer_id in self._place_of:
            _believe(shares, how, self._place_of[payment.customer_id], 30.0, "platform")
        self._by_email(payment, shares, how)
        for customer in reading.customers:
            _believe(shares, how, customer, 20.0, "number")
        if payment.reference and max(shares.values(), default=0.0) < 0.5:
            for customer in self.names.named_in(payment.reference):
                _believe(shares, how, customer, w.NAME_IN_TEXT, "text")
        return self._shared(shares, how, anonymous=not payment.payer_name and not own)

    def _by_email(self, payment: PaymentLine, shares: Shares, how: How) -> None:
        if "@" in payment.payer_name or "@" in payment.reference:
            for word in f"{payment.payer_name} {payment.reference}".casefold().split():
                for customer in self._by_address.get(word.strip("<>(),;"), ()):
                    _believe(shares, how, customer, 5.0, "email")

    def _weigh_account(self, own: str, shares: Shares, how: How) -> None:
        for customer in shares:
            if self._account_of[customer] and self._account_of[customer] != own:
                shares[customer] *= 0.5
        owners = self._by_account.get(own, ())
        for customer in owners:
            _believe(shares, how, customer, max(1.0, shares.get(customer, 0.0)) * 4 / len(owners), "account")

    def _keys(self, payment: PaymentLine) -> list[str]:
        """Under what a payer is remembered: its account, and its name's own words."""
        keys = [f"account {account_key(payment.payer_account)}"] if payment.payer_account else []
        if payment.payer_name:
            keys.append(f"name {self.names.key(payment.payer_name)}")
        return keys

    def _shared(self, shares: dict[int, float], how: dict[int, str], *, anonymous: bool) -> tuple[list[Belief], float]:
        others = 0.6 if anonymous else w.SOMEBODY_ELSE
        total = sum(shares.values()) + others
        least = 0.002 * total
        beliefs = [(customer, log(share / total), how[customer]) for customer, share in shares.items() if share > least]
        if len(beliefs) > 1:
            beliefs.sort(key=_likeliest_first)
            del beliefs[w.PAYERS :]
        return beliefs, log(others / total / self._count)


class _History:
    """For whom a payer has surely paid, and how often."""

    __slots__ = ("once", "times", "total")

    def __init__(self) -> None:
        self.times: dict[int, int] = {}
        self.total = self.once = 0

    def add(self, customer: int) -> None:
        """One payment more; who has paid for very many customers is no longer followed."""
        seen = self.times.get(customer, 0)
        if seen or len(self.times) <= w.PAID_FOR_AT_MOST:
            self.times[customer] = seen + 1
            self.total += 1
            self.once += 1 if not seen else -1 if seen == 1 else 0

    def odds(self, sureness: float) -> Iterator[tuple[int, float]]:
        """Customers with the odds that it pays for them again: it seldom does where each was paid for but once."""
        again = (1 - self.once / self.total) if self.total > 1 else w.SEEN_ONCE
        each = sureness * again / (self.total + w.ALIAS_DOUBT)
        for customer, times in self.times.items():
            yield customer, each * times


def account_key(account: str) -> str:
    return account.replace(" ", "").upper()


def _likeliest_first(belief: Belief) -> tuple[float, int]:
    return -belief[1], belief[0]


def _alias_key(said: str) -> str:
    """A confirmed alias may be a name or an account: it is kept under what `_keys` makes of either."""
    letters = account_key(said)
    looks_like_account = len(letters) >= 8 and sum(letter.isdigit() for letter in letters) * 2 > len(letters)
    return f"account {letters}" if looks_like_account else f"name {''.join(words_of(said))}"


def _believe(shares: Shares, how: How, customer: int, share: float, reason: str) -> None:
    if share > shares.get(customer, 0.0):
        shares[customer], how[customer] = share, reason
