"""The demo's one screen."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from owed.cli.ledger import documents, print_aging
from owed.cli.plan import print_held
from owed.cli.printing import say, table
from owed.demo.platforms import Platforms
from receivables.aging import age
from receivables.commands import CreatePaymentLink, RecordPayment, SendReminder
from receivables.snapshot import Snapshot
from store.outbox import Effect
from sync.assess import Assessment
from sync.installation import Installation
from sync.planning import Plan
from sync.pull import PullReport
from sync.send import Outcome


class Screen:
    """Prints what happened, in the order in which it happens."""

    def __init__(self, folder: Path, installation: Installation, *, again: bool) -> None:
        self.business = installation.business
        what = "goes on" if again else "an invented company on this machine"
        say(f"owed demo: {installation.business.name}, {what}, {installation.clock():%A %d %B %Y %H:%M} UTC")
        say(f"folder: {folder} (owed.toml, owed.db, sandbox/)")

    def pulled(self, title: str, reports: Iterable[PullReport]) -> None:
        rows = []
        for report in reports:
            counts = [sum(getattr(one, name) for one in report.saved.values()) for name in ("new", "changed", "gone")]
            result = report.error or (f"{len(report.problems)} unreadable" if report.problems else "ok")
            rows.append([report.connection, report.platform, report.rows, *counts, report.calls, result])
        columns = ["connection", "platform", "records", "new", "changed", "gone", "HTTP calls", "result"]
        say()
        table(title, columns, rows, numbers=columns[2:7])

    def reconciled(self, seen: Assessment) -> None:
        found = seen.reconciliation
        kinds = Counter(one.kind for one in found.breaks)
        say()
        say(
            f"reconciled: {found.settled_by_platform} payments settle their invoices; {len(found.sightings)} Stripe "
            f"payments are in the books already; {len(found.mirrors)} invoices live in two systems"
        )
        bands = Counter(match.band for match in found.matches)
        matched = ", ".join(f"{count} {band}" for band, count in sorted(bands.items())) or "none"
        say(f"matched here: {matched}; unmatched: {len(found.unmatched)}")
        say("breaks: " + (", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"))
        say()
        aged = age(documents(seen), seen.snapshot.today)
        print_aging(aged)
        say(f"{aged.open_count} open, {aged.overdue_count} overdue")

    def planned(self, seen: Assessment, made: Plan) -> None:
        say()
        print_held(seen.decisions)
        say(
            f"to be sent: {len(made.messages)} messages; the first day after go-live lets 10 leave, then twice as many a day"
        )

    def sent(self, outcomes: list[Outcome]) -> None:
        links = {o.effect.command.invoice: o.why for o in outcomes if isinstance(o.effect.command, CreatePaymentLink)}
        rows = []
        for outcome in outcomes:
            command = outcome.effect.command
            if outcome.state == "sent" and outcome.effect.decision:
                decision = outcome.effect.decision
                to = (
                    ", ".join(command.to) if isinstance(command, SendReminder) else f"{command.connection}'s own e-mail"
                )
                link = next((links[ref] for ref in decision.invoices if ref in links), "the platform's own page")
                rows.append([decision.step, to, decision.demand, len(decision.invoices), link])
        say()
        table("sent", ["step", "to", "demand", "invoices", "pay link"], rows, numbers=["demand", "invoices"])
        counts = Counter((o.effect.verb.replace("_", " "), o.state) for o in outcomes)
        say(
            "; ".join(f"{count} × {verb} {state}" for (verb, state), count in sorted(counts.items()))
            or "nothing was sent: nothing is due that was not sent already"
        )

    def paid(self, makers: list[Effect]) -> None:
        say()
        for maker in makers:
            command = maker.command
            assert isinstance(command, CreatePaymentLink)
            say(f"a customer pays {command.number} through {maker.url}: {command.amount}")

    def posted(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            command = outcome.effect.command
            if isinstance(command, RecordPayment):
                say(f"written back to {command.connection}: {command.amount} for {command.invoice}: {outcome.state}")

    def closed(self, snapshot: Snapshot, makers: list[Effect]) -> None:
        for maker in makers:
            command = maker.command
            assert isinstance(command, CreatePaymentLink)
            invoice = snapshot.invoice(command.invoice)
            if invoice:
                say(
                    f"{command.number} in {command.invoice.connection}: {invoice.status}, {invoice.balance} open; its reminders stop"
                )

    def mailbox(self, platforms: Platforms) -> None:
        mails = Counter(str(mail["via"]) for mail in platforms.ask("/mailbox.json"))
        say()
        say(
            "the sandbox's mailbox: "
            + (", ".join(f"{count} via {via}" for via, count in sorted(mails.items())) or "empty")
        )
