"""owed invoices, owed aging: what is in the store."""

from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.errors import ConnectorError
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import print_json, say, table
from owed.cli.references import find
from owed.errors import Mistake, Outside
from receivables.aging import BUCKETS, Aging, age, bucket_of
from receivables.facts import Invoice
from receivables.money import Money
from receivables.open_items import OpenItem
from receivables.snapshot import Snapshot
from sync.assess import Assessment, assess
from sync.connected import Connected
from sync.installation import Installation


def register(application: typer.Typer) -> None:
    application.command("invoices")(invoices)
    application.command("aging")(aging)


def documents(assessment: Assessment) -> list[Invoice]:
    """Every invoice once: a mirror goes with the document it stands for."""
    mirrors = assessment.reconciliation.mirrors
    return [one for _, one in sorted(assessment.snapshot.invoices.items()) if one.ref not in mirrors]


def basis(snapshot: Snapshot) -> str:
    """The label of a day that was rebuilt from document dates, or nothing."""
    return "rebuilt from the dates on documents (before the first sync)" if snapshot.basis == "documents" else ""


def invoices(
    reference: Annotated[
        str, typer.Argument(help="One invoice, by its number or reference; all when none is named.")
    ] = "",
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Settled and void ones too.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Save the named invoice as its customer gets it.")] = None,
) -> None:
    """Invoices with their balances, oldest due date first; or one of them, also as PDF."""
    installation = open_installation(config, now)
    seen = assess(installation, decide=False)
    if pdf and not reference:
        raise Mistake("--pdf needs the invoice: owed invoices NUMBER --pdf FILE")
    wanted = _invoice_named(seen, reference) if reference else None
    if wanted and pdf:
        save_pdf(installation, wanted, pdf)
        return
    today = seen.snapshot.today
    items = {item.invoice.ref: item for item in seen.items}
    chosen = [wanted] if wanted else [one for one in documents(seen) if everything or one.ref in items]
    if overdue:
        chosen = [one for one in chosen if one.is_open and bucket_of(one.due_on, today) != "current"]
    chosen.sort(key=lambda one: (one.due_on is None, one.due_on, one.ref))
    rows = [_invoice(seen, one, items.get(one.ref)) for one in chosen]
    if as_json:
        print_json(rows)
        return
    columns = ["reference", "number", "customer", "status", "due_on", "days_past_due", "total", "open", "demandable"]
    table("", columns, [[row[name] for name in columns] for row in rows], numbers=columns[4:], prose=["customer"])
    say(f"{len(rows)} invoices {basis(seen.snapshot)}".rstrip())


def _invoice_named(seen: Assessment, reference: str) -> Invoice:
    found = find(seen, reference)
    if not isinstance(found, Invoice):
        raise Mistake(f"{reference} is no invoice; owed invoices --all lists them")
    return found


def save_pdf(installation: Installation, invoice: Invoice, to: Path) -> None:
    """As the platform renders it now. Raises Outside."""
    try:
        body = Connected(installation).to(invoice.connection).read_pdf(invoice.id)
        to.write_bytes(body)
    except ConnectorError as error:
        raise Outside(f"{invoice.ref}: {error}") from error
    except OSError as error:
        raise Outside(f"{to}: {error.strerror or error}") from error
    say(f"{to}: invoice {invoice.number or invoice.id}, {len(body):,} bytes")


def _invoice(seen: Assessment, invoice: Invoice, item: OpenItem | None) -> dict[str, Any]:
    customer = seen.snapshot.customer_of(invoice)
    late = None if invoice.due_on is None else (seen.snapshot.today - invoice.due_on).days
    return {
        "reference": str(invoice.ref),
        "number": invoice.number,
        "customer": customer.name if customer else invoice.customer_id,
        "status": invoice.status,
        "issue_on": invoice.issue_on,
        "due_on": invoice.due_on,
        "days_past_due": late if invoice.is_open else None,
        "total": Money(invoice.total, invoice.currency),
        "open": invoice.balance,
        "demandable": item.demand if item else Money(0, invoice.currency),
    }


def debtor_rows(seen: Assessment) -> list[dict[str, Any]]:
    today = seen.snapshot.today
    groups: dict[tuple[str, str], list[OpenItem]] = {}
    for item in seen.items:
        if item.invoice.is_open:
            groups.setdefault((item.debtor, item.invoice.currency), []).append(item)
    rows = []
    for (debtor, currency), items in groups.items():
        late = [item for item in items if (item.days_past_due(today) or 0) > 0]
        names = sorted({item.customer.name for item in items if item.customer})
        rows.append(
            {
                "debtor": debtor,
                "name": " / ".join(names),
                "invoices": len(items),
                "open": Money(sum(item.invoice.open for item in items), currency),
                "overdue": Money(sum(item.invoice.open for item in late), currency),
                "oldest_days": max((item.days_past_due(today) or 0 for item in late), default=0),
                "unapplied": Money(sum(item.unapplied for item in items), currency),
            }
        )
    return sorted(rows, key=lambda row: (row["open"].currency, -row["overdue"].minor, row["debtor"]))


def aging(config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Open balances by how long they are past due, per currency; works for past days too (--now)."""
    installation = open_installation(config, now)
    seen = assess(installation, decide=False)
    aged = age(documents(seen), seen.snapshot.today)
    if as_json:
        print_json(aging_json(aged, seen.snapshot))
        return
    print_aging(aged)
    say(f"{aged.open_count} open, {aged.overdue_count} overdue on {aged.on} {basis(seen.snapshot)}".rstrip())


def print_aging(aged: Aging) -> None:
    rows = []
    for currency, buckets in sorted(aged.totals.items()):
        whole = sum(buckets[name].amount for name in BUCKETS)
        rows.append(
            [
                currency,
                *(Money(buckets[name].amount, currency).decimal for name in BUCKETS),
                Money(whole, currency).decimal,
            ]
        )
    table("", ["currency", *BUCKETS, "total"], rows, numbers=[*BUCKETS, "total"])


def aging_json(aged: Aging, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "on": aged.on,
        "basis": snapshot.basis,
        "open_count": aged.open_count,
        "overdue_count": aged.overdue_count,
        "currencies": {
            currency: {
                "total": Money(sum(one.amount for one in buckets.values()), currency),
                "buckets": {
                    name: {"count": buckets[name].count, "total": Money(buckets[name].amount, currency)}
                    for name in BUCKETS
                },
            }
            for currency, buckets in sorted(aged.totals.items())
        },
    }
