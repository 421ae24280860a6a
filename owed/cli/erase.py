"""owed erase: a customer's personal data, on its request or when it need not be kept any longer."""

from typing import Annotated

import typer

from owed.cli.asking import confirmed
from owed.cli.options import DEFAULT_CONFIG, Config, Now, Yes, open_installation
from owed.cli.plan import actor
from owed.cli.printing import note, say
from owed.cli.references import find
from owed.errors import Mistake
from receivables.facts import Customer
from receivables.refs import Ref, RefError
from store import erased, journal
from store.erase import compact
from sync.assess import assess
from sync.erase import Erased, Person, erase_person, find_person
from sync.installation import Installation

#: Of what stands open, so many lines are shown.
_SHOWN = 5


def register(application: typer.Typer) -> None:
    application.command("erase")(erase)


def erase(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A customer: reference, id or name.")],
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the journal, so name nobody.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Although money is open; needs --reason.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="A customer again: keep what comes from now on.")] = False,
    yes: Yes = False,
) -> None:
    """Erase names, addresses, messages and replies of a customer. Amounts and days stay, as books must. For good."""
    installation = open_installation(config, now)
    if lift:
        _lift(installation, ref)
        return
    seen = assess(installation, decide=False)
    customer = find(seen, ref)
    if not isinstance(customer, Customer):
        raise Mistake(f"{ref} is an invoice: name the customer whose data is to be erased")
    person = find_person(installation, seen, customer)
    _may(person, force=force, reason=reason)
    say(f"{customer.name or customer.ref}: {', '.join(map(str, person.customers))}")
    say(f"  {len(person.records)} records and {len(person.effects)} effects lose their names, addresses and words")
    if not yes and not confirmed("This cannot be taken back. Erase?"):
        raise Mistake("nothing was erased")
    done = erase_person(installation, person, actor(), reason)
    compact(installation.store)
    _tell(installation, person, done)


def _may(person: Person, *, force: bool, reason: str) -> None:
    if person.unsettled:
        listed = ", ".join(f"{one.id[:8]} ({one.state})" for one in person.unsettled[:_SHOWN])
        raise Mistake(f"it is not known what became of {listed}; settle that first: owed outbox resolve")
    if force and not reason:
        raise Mistake("--force needs --reason")
    waiting = [
        f"{one.verb.replace('_', ' ')} {one.id[:8]} is {one.state}" for one in person.effects if _waits(one.state)
    ]
    still = [*person.open, *waiting]
    if still and not force:
        more = f"\n  and {len(still) - _SHOWN} more" if len(still) > _SHOWN else ""
        listed = "\n  ".join(still[:_SHOWN])
        raise Mistake(f"something is still open:\n  {listed}{more}\nsettle it, or use --force --reason TEXT")


def _waits(state: str) -> bool:
    return state in ("planned", "approved")


def _tell(installation: Installation, person: Person, done: Erased) -> None:
    say(
        f"erased: {done.versions} versions of records, {done.statements} statements, {done.effects} messages and effects,"
    )
    say(f"  {done.received} records as received, {done.entries} entries of the journal")
    with installation.store.read() as tx:
        verdict = journal.verify(tx)
    say("  the journal is unbroken" if not verdict.fault else f"  the journal: {verdict.fault}")
    platforms = sorted({ref.connection for ref in person.customers})
    note(f"still there: what {', '.join(platforms)}, your mail server and your backups hold; erase it there yourself")
    note("owed.toml may name them too ([[contact]], conditions). What the platforms send again is kept without words")


def _lift(installation: Installation, ref: str) -> None:
    try:
        customer = Ref.parse(ref)
    except RefError as error:
        raise Mistake(f"--lift needs the whole reference: {error}") from None
    with installation.store.write() as tx:
        if not erased.forget(tx, [customer]):
            raise Mistake(f"{ref} was not erased")
        journal.append(tx, installation.clock(), "erasure lifted", str(customer), actor=actor())
    say("what changes from now on is kept; to write to them again: owed opt-out REF --withdraw")
