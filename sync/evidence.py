"""What an evidence bundle holds: everything that owed knows about an invoice or a debtor, as files.

The same state and the same clock give the same bytes, except for PDFs, which are as the platform makes them.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.errors import ConnectorError
from outreach.evidence import as_csv, as_html, as_text
from outreach.evidence_words import Description, evidence_words
from outreach.language import locale_of
from receivables.facts import Chargeback, CreditNote, Customer, Fact, Invoice, Payment, Refund
from receivables.local_facts import LocalFact
from receivables.refs import Ref
from store import archive, journal, outbox, outcomes, snapshots
from store.engine import Transaction
from store.outbox import Effect
from sync.account import statement_of
from sync.assess import Assessment
from sync.connected import Connected
from sync.correspondence_files import letters, messages
from sync.installation import Installation

#: A name of a file is never longer.
_LONGEST = 60

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Scope:
    """What the bundle is about: an invoice, or a `whole` debtor. `names` are str() of every reference that concerns it,
    and the debtor's key."""

    about: Description
    debtor: str
    invoices: tuple[Invoice, ...]
    customers: tuple[Customer, ...]
    payments: tuple[Fact, ...]
    statements: tuple[LocalFact, ...]
    effects: tuple[Effect, ...]
    names: frozenset[str]
    whole: bool


def scope_of(installation: Installation, seen: Assessment, subject: Invoice | Customer) -> Scope:
    """An invoice with its mirrors, or all invoices of a debtor in all systems."""
    debtors, mirrors = seen.reconciliation.debtors, seen.reconciliation.mirrors
    customer = subject if isinstance(subject, Customer) else seen.snapshot.customer_of(subject)
    key = debtors.get(customer.ref, str(customer.ref)) if customer else ""
    customers = tuple(one for one in seen.snapshot.customers.values() if debtors.get(one.ref) == key and key)
    if isinstance(subject, Invoice):
        owner = mirrors.get(subject.ref, subject.ref)
        invoices = [one for one in seen.snapshot.invoices.values() if mirrors.get(one.ref, one.ref) == owner]
        about = Description("invoice", subject.number or subject.id)
    else:
        invoices = [one for one in seen.snapshot.invoices.values() if _debtor(seen, one) == key]
        about = Description("all_invoices")
    refs = {one.ref for one in invoices}
    whole = isinstance(subject, Customer)
    names = {str(ref) for ref in refs} | ({key, *(str(one.ref) for one in customers)} if whole else set())
    about_customer = {key, *(str(one.ref) for one in customers)}
    payments = _payments(seen, refs, {(one.connection, one.id) for one in customers} if whole else set())
    with installation.store.read() as tx:
        effects = tuple(
            one
            for one in outbox.listed(tx)
            if one.verb != "send_notice" and (names.intersection(one.subjects) or (whole and one.debtor in names))
        )
    stated = tuple(one for one in seen.snapshot.local if _is_about(one, names | about_customer, refs, whole=whole))
    return Scope(
        about,
        customer.name if customer else "",
        tuple(sorted(invoices, key=lambda one: one.ref)),
        tuple(sorted(customers, key=lambda one: one.ref)),
        payments,
        stated,
        effects,
        frozenset(names | about_customer),
        whole,
    )


def _debtor(seen: Assessment, invoice: Invoice) -> str:
    customer = seen.snapshot.customer_of(invoice)
    return seen.reconciliation.debtors.get(customer.ref, str(customer.ref)) if customer else ""


def _is_about(fact: LocalFact, names: set[str], refs: set[Ref], *, whole: bool) -> bool:
    """What names other invoices alone is no evidence about this one."""
    invoices = getattr(fact, "invoices", ())
    if invoices and not whole:
        return bool(refs.intersection(invoices))
    return fact.subject in names or bool(refs.intersection(invoices))


def _payments(seen: Assessment, refs: set[Ref], customers: set[tuple[str, str]]) -> tuple[Fact, ...]:
    """Money and credit that settled these invoices, was matched with them, or came from these customers; where else the
    same money was seen; and refunds."""
    snapshot = seen.snapshot
    matched = {one.payment for one in seen.reconciliation.matches if one.invoice in refs}
    paying = {
        (connection, share.source_kind, share.source_id)
        for connection, share in snapshot.allocations()
        if Ref(connection, Invoice.kind, share.invoice_id) in refs
    }
    money: list[Payment | CreditNote] = [*snapshot.payments.values(), *snapshot.credit_notes.values()]
    found: dict[Ref, Fact] = {
        one.ref: one
        for one in money
        if (one.connection, one.kind, one.id) in paying
        or one.ref in matched
        or (one.connection, one.customer_id) in customers
    }
    seen_at = {one.payment for one in seen.reconciliation.sightings if one.in_books in found}
    found |= {one.ref: one for one in snapshot.payments.values() if one.ref in seen_at}
    given_back: list[Refund | Chargeback] = [*snapshot.refunds.values(), *snapshot.chargebacks.values()]
    for back in given_back:
        if Ref(back.connection, Payment.kind, back.payment_id) in found:
            found[back.ref] = back
    return tuple(found[ref] for ref in sorted(found))


def gather(installation: Installation, seen: Assessment, scope: Scope, *, language: str, pdfs: bool = True) -> Files:
    """All files but the manifest, the verifier and the words to the reader, by name; what people read is in a language."""
    owned = [one for one in scope.invoices if one.ref not in seen.reconciliation.mirrors]
    of_whom = scope.customers if scope.whole else ()
    statement = statement_of(seen.snapshot, owned, scope.debtor, scope.about, of_whom, seen.items)
    locale = locale_of(language, [installation.business.country])
    files: Files = {
        "statement.html": as_html(statement, locale).encode(),
        "statement.txt": as_text(statement, locale).encode(),
        "statement.csv": as_csv(statement).encode(),
        "customers.json": as_json([_told(one) for one in scope.customers]),
        "payments.json": as_json([_told(one) for one in scope.payments]),
        "agreements.json": as_json([_told(one) for one in scope.statements if one.kind not in ("reply", "bounce")]),
        "breaks.json": as_json(
            [one for one in seen.reconciliation.breaks if {*map(str, (*one.refs, *one.about))} & scope.names]
        ),
    }
    with installation.store.read() as tx:
        concerned = journal_of(tx, scope)
        files["invoices.json"] = as_json([_invoice(tx, one) for one in scope.invoices])
        files["decisions.json"] = as_json([_decisions(tx, one) for one in scope.invoices])
        files["journal.json"] = as_json(concerned)
        files |= messages(tx, scope.effects, evidence_words(language))
        files |= letters(scope.statements, lambda digest: archive.fetch(tx, digest))
    return files | (_pdfs(installation, scope.invoices) if pdfs else {})


def _told(fact: Fact) -> dict[str, Any]:
    return {"reference": str(fact.ref), "kind": fact.kind, "fact": fact}


def _invoice(tx: Transaction, invoice: Invoice) -> dict[str, Any]:
    """With every version that was ever known, and since when."""
    known = snapshots.versions(tx, invoice.kind, invoice.connection, invoice.id)
    return {**_told(invoice), "versions": [{"known_from": at, "fact": fact} for at, fact in known]}


def _decisions(tx: Transaction, invoice: Invoice) -> dict[str, Any]:
    """Each decision with the age of the facts that it rested on: the version of the invoice that was known then."""
    known = [(at, fact) for at, fact in snapshots.versions(tx, invoice.kind, invoice.connection, invoice.id)]
    told = []
    for decided_at, decision in outcomes.decisions_about(tx, str(invoice.ref)):
        basis = max((at for at, _ in known if at <= decided_at), default=None)
        version = next((fact for at, fact in known if at == basis), None)
        told.append(
            {
                "decided_at": decided_at,
                "invoice_known_from": basis,
                "invoice_changed_at_platform": version.updated_at if version else None,
                "age_seconds": int((decided_at - basis).total_seconds()) if basis else None,
                "decision": decision,
            }
        )
    return {"invoice": str(invoice.ref), "decisions": told}


def journal_of(tx: Transaction, scope: Scope) -> dict[str, Any]:
    """From the first entry that concerns it to the head: those in full, of the others what the chain needs."""
    subjects = scope.names | {one.id for one in scope.effects} | {one.intent for one in scope.effects}
    listed: list[dict[str, Any]] = []
    previous = journal.GENESIS
    for entry in journal.entries(tx):
        concerns = entry.subject in subjects
        if concerns or listed:
            listed.append(_entry(entry) if concerns else _skipped(tx.organisation, entry))
        else:
            previous = entry.hash
    head = journal.head(tx)
    return {
        "organisation": tx.organisation,
        "previous": previous,
        "entries": listed,
        "head": {"number": head.number, "hash": head.hash},
    }


def _entry(entry: journal.Entry) -> dict[str, Any]:
    told = {
        name: getattr(entry, name) for name in ("number", "actor", "event", "subject", "sealed", "salt", "body", "hash")
    }
    return {**told, "at": dt.datetime.isoformat(entry.at, timespec="microseconds").replace("+00:00", "Z")}


def _skipped(organisation: str, entry: journal.Entry) -> dict[str, Any]:
    """Its content's digest tells nothing, and lets the chain be recomputed. Of the first form only the hash can be given."""
    content = {"content": journal.content_of(organisation, entry)} if entry.sealed else {}
    return {"number": entry.number, **content, "hash": entry.hash}


def _pdfs(installation: Installation, invoices: Iterable[Invoice]) -> Files:
    """What cannot be had now is named in a file of its own."""
    connected, found, missing = Connected(installation), Files(), []
    for invoice in invoices:
        name = f"invoices/{safe_name(invoice.number) or 'invoice'}-{safe_name(str(invoice.ref))}.pdf"
        try:
            found[name] = connected.to(invoice.connection).read_pdf(invoice.id)
        except ConnectorError as error:
            missing.append(f"{invoice.ref}: {error}")
    if missing:
        found["invoices/missing.txt"] = "\n".join([*missing, ""]).encode()
    return found


def safe_name(text: str) -> str:
    """Nothing in it means something to a file system; letters lose their accents. "" where nothing is left."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")


def as_json(value: object) -> bytes:
    """Readable, and the same bytes each time. Amounts of facts are minor units of their currency."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"
