"""Who paid: the debtor behind a payment, by its customer, its e-mail address, a person's word, or the payer's own name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from receivables.facts import BankLine, Customer, Payment
from receivables.refs import Ref
from receivables.snapshot import Snapshot
from reconciliation import identity
from reconciliation.matching.names import NameIndex, words_of


class Payers:
    """Debtor keys. `aliases` is what people have confirmed: names and accounts of payers, as the payments tell them."""

    def __init__(self, snapshot: Snapshot, debtors: dict[Ref, str], confirmed: Mapping[Ref, Sequence[Ref]]) -> None:
        self._snapshot = snapshot
        self.debtors = debtors
        customers = snapshot.customers.values()
        self._by_email = _sole((email, debtors[one.ref]) for one in customers for email in identity.emails(one))
        self._by_name = _sole((_key(one.name), debtors[one.ref]) for one in customers)
        self._owners = [debtors[one.ref] for one in customers]
        self._names: NameIndex | None = None
        said = list(self._confirmed(confirmed))
        self._by_alias = _sole((_key(word), debtor) for word, debtor in said)
        self.aliases = {word: debtor for word, debtor in said if self._by_alias.get(_key(word)) == debtor}

    def debtor_of(self, payment: Payment) -> str:
        """ "" where nobody can tell. A name alone tells it on a bank's statement, where there is nothing better."""
        if payment.customer_id:
            return self.customer(payment.connection, payment.customer_id)
        found = self._by_email.get(payment.payer_email.casefold(), "") or self._by_word(payment)
        if found or payment.ref.kind != BankLine.kind:
            return found
        return self.named(payment.payer_name)

    def customer(self, connection: str, customer_id: str) -> str:
        ref = Ref(connection, Customer.kind, customer_id)
        return self.debtors.get(ref, str(ref) if customer_id else "")

    def named(self, name: str) -> str:
        """The one debtor of exactly this name, but for its legal form and case."""
        return self._by_name.get(_key(name), "")

    def like(self, name: str) -> dict[str, float]:
        """The debtors whom a payer's name may mean, each with its likeness (0..1): banks cut names and write their own."""
        if self._names is None:  # made for bank's statements alone
            self._names = NameIndex([one.name for one in self._snapshot.customers.values()])
        found: dict[str, float] = {}
        for place, likeness in self._names.like(name) if name else ():
            found[self._owners[place]] = max(likeness, found.get(self._owners[place], 0.0))
        return found

    def _by_word(self, payment: Payment) -> str:
        words = (payment.payer_account, payment.payer_name)
        return next((found for word in words if word and (found := self._by_alias.get(_key(word), ""))), "")

    def _confirmed(self, confirmed: Mapping[Ref, Sequence[Ref]]) -> Iterable[tuple[str, str]]:
        """(name or account, debtor) of every match that a person confirmed. A name that is a customer's own is left
        out: it pays for itself, whatever else it once paid for."""
        for ref, invoices in sorted(confirmed.items()):
            payment = self._snapshot.payments.get((ref.connection, ref.id))
            if payment is None:
                continue
            own_name = _key(payment.payer_name) in self._by_name
            words = (payment.payer_account, "" if own_name else payment.payer_name)
            for invoice in filter(None, map(self._snapshot.invoice, invoices)):
                debtor = self.customer(invoice.connection, invoice.customer_id)
                yield from ((word, debtor) for word in words if _key(word) and debtor)


def _key(word: str) -> str:
    """A name without legal form, case and punctuation; an account without spaces comes out as it is."""
    return "".join(words_of(word))


def _sole(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keys that mean one debtor; those of several say nothing."""
    owners: dict[str, set[str]] = defaultdict(set)
    for key, debtor in pairs:
        if key:
            owners[key].add(debtor)
    return {key: next(iter(found)) for key, found in owners.items() if len(found) == 1}
