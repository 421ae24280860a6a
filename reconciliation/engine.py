"""The order of the work: who is who, what is one document, what is one money, and then which money is for what."""

import dataclasses
from collections import defaultdict

import msgspec

from receivables.breaks import Break, BreakKind
from receivables.facts import Invoice, Payment
from receivables.refs import Ref
from receivables.snapshot import Key, Snapshot
from reconciliation import balances, bank, customer_balances, documents, identity, items, payouts, posting, unapplied
from reconciliation.bank_sightings import Bank
from reconciliation.breaks import given_back, matched, mirrors, sighted
from reconciliation.breaks import unapplied as unapplied_breaks
from reconciliation.breaks.answers import Answers
from reconciliation.breaks.blockers import blockers
from reconciliation.explain import explain_break
from reconciliation.matchers import Payer, Suggestion, stated_link
from reconciliation.matching.items import Knowledge
from reconciliation.open_book import OpenBook
from reconciliation.payers import Payers
from reconciliation.policy import MatchPolicy
from reconciliation.results import Band, Match, Reconciliation, Sighting
from reconciliation.sightings import Ledger, stated_anywhere
from reconciliation.unlinked import suggest


def reconcile(snapshot: Snapshot, policy: MatchPolicy | None = None) -> Reconciliation:
    """Everything that can be concluded from the facts. Same facts, same result, in any order of input."""
    return _Run(snapshot, policy or MatchPolicy()).result()


def with_links(found: Reconciliation, snapshot: Snapshot) -> Reconciliation:
    """The conclusions again, where pay links alone have changed since: of all facts only these move no money."""
    links = items.live_links(snapshot, found.mirrors)
    fresh = (
        item
        if item.link == links.get(item.invoice.ref)
        else msgspec.structs.replace(item, link=links.get(item.invoice.ref))
        for item in found.items
    )
    return dataclasses.replace(found, items=tuple(fresh))


def _invoices_by_payer(snapshot: Snapshot) -> dict[Key, list[str]]:
    """Ids of the invoices that a payment settles at its own platform."""
    found: dict[Key, list[str]] = defaultdict(list)
    for connection, share in snapshot.allocations():
        if share.source_kind == "payment":
            found[connection, share.source_id].append(share.invoice_id)
    return found


class _Run:
    """One reconciliation; its state is what has been consumed so far."""

    def __init__(self, snapshot: Snapshot, policy: MatchPolicy) -> None:
        self.snapshot = snapshot = bank.with_received(snapshot)
        self.policy = policy
        self.answers = Answers(snapshot.local)
        self.disputed = posting.disputed_payments(snapshot)
        self.lost = given_back.lost_for_good(snapshot, self.answers)
        self.debtors = identity.debtors(snapshot)
        self.mirrors = documents.mirrors(snapshot)
        self.payers = Payers(snapshot, self.debtors, self.answers.confirmed)
        documents_of_record = [one for one in snapshot.invoices.values() if one.ref not in self.mirrors]
        self.all_documents = OpenBook(documents_of_record, policy.shortest_number)
        self.open_book = OpenBook([one for one in documents_of_record if one.is_open], policy.shortest_number)
        self.debtor_of = {one.ref: self.payers.customer(one.connection, one.customer_id) for one in documents_of_record}
        self.ledger = Ledger(snapshot, self.debtors, policy)
        self.by_payer = _invoices_by_payer(snapshot)
        self.matches: list[Match] = []
        self.sightings: list[Sighting] = []
        self.banked: list[Sighting] = []
        self.booked: dict[Ref, int] = {}
        self.placed_at: dict[Ref, list[Ref]] = defaultdict(list)
        self.breaks: list[Break] = []
        self.unmatched: list[Ref] = []
        self.unlinked: list[Payer] = []
        self.settled = 0

    def result(self) -> Reconciliation:
        for payment in self._outside_the_books():
            self._place(payment)
        self._match_bank()
        self._match_unlinked()
        breaks = [self.answers.applied(one) for one in (*self.breaks, *self._differences())]
        held = blockers(breaks, self._invoices_of_customers())
        open_items = items.assemble(self.snapshot, self.debtors, self.mirrors, self.matches, held)
        credit = unapplied.credit_of(self.snapshot, self.debtors, unapplied.loose_money(breaks, self._payer_of))
        shared = unapplied.share(open_items, credit)
        return Reconciliation(
            items=tuple(shared),
            matches=tuple(self.matches),
            sightings=tuple(self.sightings),
            banked=tuple(self.banked),
            mirrors=self.mirrors,
            breaks=tuple(sorted(breaks, key=lambda one: one.key)),
            debtors=self.debtors,
            settled_by_platform=self.settled,
            unmatched=tuple(self.unmatched),
        )

    def _outside_the_books(self) -> list[Payment]:
        """Money seen at a processor, surest sightings first; what the books themselves hold is already placed."""
        outside = []
        for _, payment in sorted(self.snapshot.payments.items()):
            if self.snapshot.keeps_books(payment.connection):
                self.settled += bool(payment.allocations)
            elif not bank.is_line(payment) and payment.status in ("settled", "pending") and payment.amount > 0:
                outside.append(payment)
        placed = []
        for payment in outside:
            sighting = self.ledger.by_id(payment)
            if sighting:
                self.sightings.append(sighting)
                self.booked[payment.ref] = sighting.amount
            if self._kept(payment) > (payment.fee or 0 if sighting else 0):
                placed.append(payment)
        return sorted(placed, key=lambda payment: payment.ref not in self.answers.confirmed)

    def _kept(self, payment: Payment) -> int:
        """What was not given back and is not in the books yet, in minor units."""
        gone = payment.refunded + self.lost.get(payment.ref, 0) + self.booked.get(payment.ref, 0)
        return payment.amount - gone

    def _place(self, payment: Payment) -> None:
        """One payment goes to one place: its own platform's invoice, a sighting in the books, a match, or a break."""
        settles = self._settled_at_home(payment)
        owners = [self.mirrors[ref] for ref in settles if ref in self.mirrors]
        if settles and not owners:
            self.settled += 1
            return
        payer = self._payer(payment)
        stated = owners or stated_anywhere(payment, self.all_documents)
        sighting = None if payment.ref in self.booked else self.ledger.by_content(payment, stated, payer.debtor)
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
        return Payer(payment, self.payers.debtor_of(payment), self.debtor_of, self._kept(payment))

    def _match_bank(self) -> None:
        """Once it is clear what the books have of a processor's money: what they have of the bank's, and the rest."""
        known = Bank(self.snapshot, self.policy, self.payers, self.debtor_of, self.all_documents, self.ledger.free())
        self.banked = known.sightings()
        seen = {one.payment for one in self.banked}
        left = [one for one in bank.lines(self.snapshot) if one.ref not in seen]
        for payment in sorted(left, key=lambda one: one.ref not in self.answers.confirmed):
            self._match(self._payer(payment))

    def _match(self, payer: Payer) -> None:
        payment = payer.payment
        if said := self._confirmed(payment):
            self._consume(payer, Suggestion(said, "certain", "a person confirmed it"), "confirmed")
            return
        linked = self._not_refused(payment, stated_link.match(payer, self.open_book))
        if linked:
            self._consume(payer, linked, "stated link")
        else:
            self.unlinked.append(payer)

    def _match_unlinked(self) -> None:
        """All money that names no document by its id is matched at once, the surest first."""
        known = Knowledge(refused=self.answers.refused, payers=self.payers.aliases)
        found = suggest(self.unlinked, self.open_book, self.snapshot, self.debtors, known, self.policy)
        for one in found:
            if one.suggestion:
                self._consume(one.payer, one.suggestion, one.matcher)
            else:
                self._without_invoice(one.payer)

    def _without_invoice(self, payer: Payer) -> None:
        payment = payer.payment
        stated = [one for ref in stated_anywhere(payment, self.all_documents) if (one := self.snapshot.invoice(ref))]
        self.unmatched.append(payment.ref)
        self.breaks.append(matched.without_invoice(payment, payer.amount, stated))

    def _confirmed(self, payment: Payment) -> tuple[Ref, ...]:
        """Open invoices that a person said it is for."""
        said = self.answers.confirmed.get(payment.ref, ())
        return tuple(
            ref
            for ref in said
            if self.open_book.left.get(ref) and self.open_book.invoices[ref].currency == payment.currency
        )

    def _not_refused(self, payment: Payment, suggestion: Suggestion | None) -> Suggestion | None:
        """Without the invoices that a person said it is not for."""
        refused = self.answers.refused
        left = [ref for ref in suggestion.invoices if (str(payment.ref), str(ref)) not in refused] if suggestion else []
        return Suggestion(tuple(left), suggestion.band, suggestion.evidence) if suggestion and left else None

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
                band=self._band(payment, suggestion),
                matcher=matcher,
                evidence=suggestion.evidence,
                pending=payment.status == "pending",
            )
            self.matches.append(match)
            kind: BreakKind = "proposed match" if match.band == "propose" else "missing counterpart"
            if not match.pending:
                one = explain_break(kind, payment, taken, ref, suggestion.evidence)
                hindered = posting.why_not_posted(self.snapshot, match, self.disputed, self.policy.sighting_days)
                step = one.next_step if kind == "proposed match" else hindered or "owed posts it with its next round"
                self.breaks.append(msgspec.structs.replace(one, next_step=step))
        if left > 0:
            self.breaks.append(explain_break("overpayment", payment, left, None, suggestion.evidence))

    def _band(self, payment: Payment, suggestion: Suggestion) -> Band:
        """What a person has booked in part is not posted unasked to the rest."""
        return "auto" if suggestion.band == "certain" and payment.ref in self.booked else suggestion.band

    def _differences(self) -> list[Break]:
        """Everything that does not agree, once each payment has its place."""
        self.placed_at = self._places()
        return [
            *balances.differences(self.snapshot),
            *customer_balances.customer_differences(self.snapshot),
            *mirrors.mirror_breaks(self.snapshot, self.mirrors, self.matches, self._returned()),
            *unapplied_breaks.unapplied_breaks(self.snapshot),
            *given_back.returned_breaks(self.snapshot, self._concerned),
            *matched.short_payments(self.snapshot, self.matches),
            *sighted.sighting_breaks(self.snapshot, self.sightings),
            *payouts.payout_breaks(self.snapshot, self.banked),
        ]

    def _payer_of(self, ref: Ref) -> str:
        """The debtor who paid at a processor; "" for what the books hold themselves, and for strangers."""
        payment = self.snapshot.payments.get((ref.connection, ref.id))
        return "" if payment is None or self.snapshot.keeps_books(ref.connection) else self._payer(payment).debtor

    def _invoices_of_customers(self) -> dict[Ref, list[Ref]]:
        found: dict[Ref, list[Ref]] = defaultdict(list)
        for ref, invoice in self.open_book.invoices.items():
            found[Ref(ref.connection, "customer", invoice.customer_id)].append(ref)
        return found

    def _concerned(self, payment: Payment) -> list[Ref]:
        """The invoices that a payment was for: as matched, booked or stated; else any that it may have been for."""
        found = [self.mirrors.get(ref, ref) for ref in self._settled_at_home(payment)]
        found += self.placed_at[payment.ref]
        found += stated_anywhere(payment, self.all_documents)
        if not found and (debtor := self._payer(payment).debtor):
            whole = self.open_book.of_amount(payment.currency, payment.amount)
            found = [ref for ref in whole if self.debtor_of[ref] == debtor]
        return list(dict.fromkeys(found))

    def _returned(self) -> dict[Ref, int]:
        """By document, what was given back of the payments of its mirror."""
        found: dict[Ref, int] = defaultdict(int)
        for payment in self.snapshot.payments.values():
            gone = payment.refunded + self.lost.get(payment.ref, 0)
            owners = (
                [self.mirrors[ref] for ref in self._settled_at_home(payment) if ref in self.mirrors] if gone else []
            )
            if len(owners) == 1:
                found[owners[0]] += gone
        return found

    def _places(self) -> dict[Ref, list[Ref]]:
        """By payment, the invoices that it was matched to, or that its sighting in the books settles."""
        found: dict[Ref, list[Ref]] = defaultdict(list)
        for match in self.matches:
            found[match.payment].append(match.invoice)
        for one in self.sightings:
            shares = self.by_payer.get((one.in_books.connection, one.in_books.id), [])
            found[one.payment] += (Ref(one.in_books.connection, Invoice.kind, share) for share in shares)
        return found
