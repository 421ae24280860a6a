"""The order of the work: who is who, what is one document, what is one money, and then which money is for what."""

from collections import defaultdict
from collections.abc import Iterator

from receivables.breaks import Break, BreakKind
from receivables.facts import Payment
from receivables.money import Money
from receivables.open_items import Blocker
from receivables.refs import Ref
from receivables.snapshot import Key, Snapshot
from reconciliation import balances, documents, identity, items, unapplied
from reconciliation.explain import explain_break
from reconciliation.matchers import Matcher, Payer, Suggestion, exact_amount, reference, stated_link
from reconciliation.open_book import OpenBook
from reconciliation.policy import MatchPolicy
from reconciliation.results import Match, Reconciliation, Sighting
from reconciliation.sightings import Ledger, stated_anywhere

#: Surest first; the first that has something to say about a payment decides.
MATCHERS: tuple[tuple[str, Matcher], ...] = (
    ("stated link", stated_link.match),
    ("reference", reference.match),
    ("exact amount", exact_amount.match),
)


def reconcile(snapshot: Snapshot, policy: MatchPolicy | None = None) -> Reconciliation:
    """Everything that can be concluded from the facts. Same facts, same result, in any order of input."""
    return _Run(snapshot, policy or MatchPolicy()).result()


def _invoices_by_payer(snapshot: Snapshot) -> dict[Key, list[str]]:
    """Ids of the invoices that a payment settles at its own platform."""
    found: dict[Key, list[str]] = defaultdict(list)
    for connection, share in snapshot.allocations():
        if share.source_kind == "payment":
            found[connection, share.source_id].append(share.invoice_id)
    return found


def _debtors_by_email(snapshot: Snapshot, debtors: dict[Ref, str]) -> dict[str, str]:
    """For a guest checkout, which has no customer but an address; addresses of several debtors are left out."""
    owners: dict[str, set[str]] = defaultdict(set)
    for customer in snapshot.customers.values():
        for email in identity.emails(customer):
            owners[email].add(debtors[customer.ref])
    return {email: found.pop() for email, found in owners.items() if len(found) == 1}


class _Run:
    """One reconciliation; its state is what has been consumed so far."""

    def __init__(self, snapshot: Snapshot, policy: MatchPolicy) -> None:
        self.snapshot = snapshot
        self.debtors = identity.debtors(snapshot)
        self.mirrors = documents.mirrors(snapshot)
        documents_of_record = [one for one in snapshot.invoices.values() if one.ref not in self.mirrors]
        self.all_documents = OpenBook(documents_of_record, policy.shortest_number)
        self.open_book = OpenBook([one for one in documents_of_record if one.is_open], policy.shortest_number)
        self.debtor_of = {one.ref: self._debtor(one.connection, one.customer_id) for one in documents_of_record}
        self.ledger = Ledger(snapshot, self.debtors, policy)
        self.by_payer = _invoices_by_payer(snapshot)
        self.by_email = _debtors_by_email(snapshot, self.debtors)
        self.matches: list[Match] = []
        self.sightings: list[Sighting] = []
        self.breaks: list[Break] = []
        self.unmatched: list[Ref] = []
        self.settled = 0

    def result(self) -> Reconciliation:
        for payment in self._outside_the_books():
            self._place(payment)
        self.breaks += balances.differences(self.snapshot)
        self.breaks += self._mirror_differences()
        self.breaks += self._unapplied()
        self.breaks += self._given_back()
        open_items = items.assemble(self.snapshot, self.debtors, self.mirrors, self.matches, self._blockers())
        shared = unapplied.share(open_items, unapplied.credit_of(self.snapshot, self.debtors))
        return Reconciliation(
            items=tuple(shared),
            matches=tuple(self.matches),
            sightings=tuple(self.sightings),
            mirrors=self.mirrors,
            breaks=tuple(sorted(self.breaks, key=lambda one: one.key)),
            debtors=self.debtors,
            settled_by_platform=self.settled,
            unmatched=tuple(self.unmatched),
        )

    def _debtor(self, connection: str, customer_id: str) -> str:
        ref = Ref(connection, "customer", customer_id)
        return self.debtors.get(ref, str(ref) if customer_id else "")

    def _outside_the_books(self) -> list[Payment]:
        """Money seen at a processor, surest sightings first; what the books themselves hold is already placed."""
        outside = []
        for _, payment in sorted(self.snapshot.payments.items()):
            if self.snapshot.keeps_books(payment.connection):
                self.settled += bool(payment.allocations)
            elif payment.status in ("settled", "pending") and payment.amount > payment.refunded:
                outside.append(payment)
        placed = []
        for payment in outside:
            sighting = self.ledger.by_id(payment)
            if sighting:
                self.sightings.append(sighting)
            else:
                placed.append(payment)
        return placed

    def _place(self, payment: Payment) -> None:
        """One payment goes to one place: its own platform's invoice, a sighting in the books, a match, or a break."""
        settles = self._settled_at_home(payment)
        owners = [self.mirrors[ref] for ref in settles if ref in self.mirrors]
        if settles and not owners:
            self.settled += 1
            return
        payer = self._payer(payment)
        stated = owners or stated_anywhere(payment, self.all_documents)
        sighting = self.ledger.by_content(payment, stated, payer.debtor)
        if sighting:
            self.sightings.append(sighting)
        elif owners:
            self._consume(payer, Suggestion(tuple(owners), "certain", "it paid this document's mirror"), "mirror")
        else:
            self._match(payer)

    def _settled_at_home(self, payment: Payment) -> list[Ref]:
        shares = self.by_payer.get((payment.connection, payment.id), [])
        if payment.group_id:
            shares = [*shares, *self.by_payer.get((payment.connection, payment.group_id), [])]
        return sorted({Ref(payment.connection, "invoice", invoice) for invoice in shares})

    def _payer(self, payment: Payment) -> Payer:
        debtor = self._debtor(payment.connection, payment.customer_id)
        debtor = debtor or self.by_email.get(payment.payer_email.casefold(), "")
        return Payer(payment, debtor, self.debtor_of, payment.amount - payment.refunded)

    def _match(self, payer: Payer) -> None:
        for name, matcher in MATCHERS:
            suggestion = matcher(payer, self.open_book)
            if suggestion:
                self._consume(payer, suggestion, name)
                return
        self.unmatched.append(payer.payment.ref)
        self.breaks.append(explain_break("unmatched payment", payer.payment, payer.amount))

    def _consume(self, payer: Payer, suggestion: Suggestion, matcher: str) -> None:
        payment, left = payer.payment, payer.amount
        for ref in suggestion.invoices:
            taken = self.open_book.take(ref, left)
            if taken <= 0:
                continue
            left -= taken
            match = Match(
                payment=payment.ref,
                invoice=ref,
                amount=taken,
                band=suggestion.band,
                matcher=matcher,
                evidence=suggestion.evidence,
                pending=payment.status == "pending",
            )
            self.matches.append(match)
            kind: BreakKind = "proposed match" if match.band == "propose" else "missing counterpart"
            if not match.pending:
                self.breaks.append(explain_break(kind, payment, taken, ref, suggestion.evidence))
        if left > 0:
            self.breaks.append(explain_break("overpayment", payment, left, None, suggestion.evidence))

    def _blockers(self) -> dict[Ref, list[Blocker]]:
        blockers: dict[Ref, list[Blocker]] = defaultdict(list)
        for match in self.matches:
            if match.band == "propose":
                text = f"a payment may belong to it ({match.evidence}); confirm or refuse the match"
                blockers[match.invoice].append(Blocker("proposed_match", text))
        for one in self.breaks:
            if one.kind in ("balance differs", "mirror differs", "paid elsewhere") and one.amount.minor < 0:
                blockers[one.refs[0]].append(Blocker(one.kind.replace(" ", "_"), one.cause))
        return blockers

    def _mirror_differences(self) -> Iterator[Break]:
        received: dict[Ref, int] = defaultdict(int)
        for match in self.matches:
            received[match.invoice] += match.amount
        for mirror_ref, owner_ref in self.mirrors.items():
            mirror, owner = self.snapshot.invoice(mirror_ref), self.snapshot.invoice(owner_ref)
            if mirror is None or owner is None or mirror.status in ("void", "draft") or owner.status == "void":
                continue
            difference = mirror.open - (owner.open - received[owner_ref])
            if difference:
                yield Break(
                    kind="paid elsewhere" if not (mirror.open and owner.open) else "mirror differs",
                    refs=(owner_ref, mirror_ref),
                    amount=Money(difference, owner.currency),
                    since_on=owner.issue_on,
                    cause=f"the books say {owner.balance} open, its mirror says {mirror.balance}",
                    next_step="record the missing payment on the side that still shows a balance",
                )

    def _unapplied(self) -> Iterator[Break]:
        for _, payment in sorted(self.snapshot.payments.items()):
            if payment.unapplied > 0 and payment.status == "settled":
                yield explain_break("unapplied cash", payment, payment.unapplied)
        for _, note in sorted(self.snapshot.credit_notes.items()):
            if note.open > 0 and note.status == "open":
                yield Break(
                    kind="unapplied credit",
                    refs=(note.ref,),
                    amount=Money(note.open, note.currency),
                    since_on=note.issue_on,
                    cause=f"credit note {note.number or note.id} is not allocated to an invoice",
                    next_step="allocate it in the books, or refund it",
                )

    def _given_back(self) -> Iterator[Break]:
        for _, refund in sorted(self.snapshot.refunds.items()):
            if refund.status in ("settled", "pending") and refund.payment_id:
                payment = self.snapshot.payments.get((refund.connection, refund.payment_id))
                if payment and self._settled_at_home(payment):
                    yield explain_break("refunded", payment, refund.amount, refund.ref)
        for _, chargeback in sorted(self.snapshot.chargebacks.items()):
            if chargeback.status in ("open", "lost"):
                payment = self.snapshot.payments.get((chargeback.connection, chargeback.payment_id))
                if payment:
                    yield explain_break("chargeback", payment, chargeback.amount, chargeback.ref, chargeback.reason)
