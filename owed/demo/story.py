"""What the demo does, step by step, and the one screen that it prints."""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.protocol import Tokens
from owed.bootstrap import install
from owed.clock import wall
from owed.demo.platforms import Platforms, running
from owed.demo.screen import Screen
from owed.demo.settings import write_settings
from receivables.commands import CreatePaymentLink
from receivables.snapshot import Snapshot
from receivables.workdays import is_workday
from store import connections, organisations, outbox
from store.outbox import Effect
from sync.assess import assess, load_snapshot
from sync.cycle import approve, look, needs_person, synchronise, write_down
from sync.deliver import deliver
from sync.golive import go_live
from sync.installation import Installation
from sync.pull import PullReport
from sync.send import Outcome
from sync.tokens import StoredTokens


def tell_story(folder: Path) -> None:
    """Start, sync, reconcile, plan, send, be paid, sync again. The second time in a folder it goes on from there."""
    folder = folder.resolve()
    again = (folder / "owed.toml").exists()
    folder.mkdir(parents=True, exist_ok=True)
    with running(folder / "sandbox", _a_working_morning().isoformat()) as platforms:
        config = write_settings(folder, platforms.config, os.environ.get("OWED_DEMO_STORE", "sqlite:///owed.db"))
        installation = _open(config, platforms)
        screen = Screen(folder, installation, again=again)
        _connect(installation, platforms)
        first = synchronise(installation)
        screen.pulled("sync", first)
        screen.reconciled(assess(installation, decide=False))
        _go_live_once(installation)
        outcomes = _apply(installation, screen)
        screen.sent(outcomes)
        if not again:
            paid = _pay_two(installation, platforms)
            screen.paid(paid)
            installation = _later(config, platforms, minutes=30)
            screen.pulled("sync again", synchronise(installation))
            screen.posted(_apply(installation, None))
            screen.pulled("and once more", _sync_quietly(installation))
            screen.closed(load_snapshot(installation), paid)
        screen.mailbox(platforms)


def _a_working_morning() -> dt.datetime:
    """Ten o'clock in London on the newest working day: outside working hours nothing may be sent."""
    day = wall().date()
    while not is_workday(day, "GB"):
        day -= dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(10), ZoneInfo("Europe/London")).astimezone(dt.UTC)


def _open(config: Path, platforms: Platforms) -> Installation:
    return install(config, now=dt.datetime.fromisoformat(platforms.ask("/clock")["now"]))


def _later(config: Path, platforms: Platforms, minutes: int) -> Installation:
    platforms.tell("/clock", advance_seconds=60 * minutes)
    return _open(config, platforms)


def _connect(installation: Installation, platforms: Platforms) -> None:
    """What `owed connect` does, with the credentials that the sandbox hands out; tokens that were rotated since stay."""
    given = platforms.config
    for name, endpoint in installation.endpoints.items():
        tokens = StoredTokens(installation.store, installation.vault, name, installation.wall, installation.processes)
        with installation.store.read() as tx:
            if connections.known(tx)[name].synced_at:
                continue
        about = given.get(endpoint.platform, {})
        known = {key: about[key] for key in Tokens.__struct_fields__ if key in about}
        tokens.save(Tokens(**known))


def _go_live_once(installation: Installation) -> None:
    with installation.store.read() as tx:
        live = organisations.standing(tx).live_at is not None
    if not live:
        go_live(installation, assess(installation, decide=False), actor="owed demo")


def _apply(installation: Installation, screen: Screen | None) -> list[Outcome]:
    seen, made = look(installation)
    if screen:
        screen.planned(seen, made)
    effects = write_down(installation, seen, made)
    approve(installation, [one for one in effects if not needs_person(installation, one)], "owed demo")
    return deliver(installation)


def _pay_two(installation: Installation, platforms: Platforms) -> list[Effect]:
    """As two customers would: open the link in the mail and press the button."""
    stripe = installation.first_of("stripe")
    with installation.store.read() as tx:
        links = [one for one in outbox.listed(tx, ["sent"]) if isinstance(one.command, CreatePaymentLink)]
    snapshot, home = load_snapshot(installation), installation.business.currency
    of_books = sorted(
        (one for one in links if one.subjects[0].partition(":")[0] != stripe and _asks_for_all(snapshot, one, home)),
        key=lambda one: one.intent,
    )
    at_stripe = [one for one in of_books if one.connection == stripe]
    own_page = [one for one in of_books if one.connection != stripe]
    chosen = [*at_stripe[:1], *own_page[:1], *at_stripe[1:], *own_page[1:]][:2]
    for maker in chosen:
        platforms.tell("/pay", url=maker.url)
    return chosen


def _sync_quietly(installation: Installation) -> list[PullReport]:
    return synchronise(installation)


def _asks_for_all(snapshot: Snapshot, effect: Effect, currency: str) -> bool:
    """The link asks for the whole balance, not for a balance less some credit: paying it closes the invoice."""
    command = effect.command
    invoice = snapshot.invoice(command.invoice) if isinstance(command, CreatePaymentLink) else None
    return bool(invoice and invoice.currency == currency and command.amount == invoice.balance)  # type: ignore[union-attr]  # only a link has an invoice here
