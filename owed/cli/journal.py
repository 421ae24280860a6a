"""owed journal: what was decided and done, and the proof that nobody changed it."""

from typing import Annotated

import typer

from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, open_installation
from owed.cli.printing import print_json, say, table
from owed.errors import Mistake, Outside
from store import journal

application = typer.Typer(help="The append-only journal.", no_args_is_help=True)


#: A shorter beginning of a head might be met by chance.
_SHORTEST = 16


@application.command("verify")
def verify(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    head: Annotated[str, typer.Option(help="A head that was kept elsewhere, such as in a daily mail.")] = "",
) -> None:
    """Recompute the whole chain of hashes. That its end was cut off shows only with --head: keep the printed head."""
    kept = _head(head)
    installation = open_installation(config, now)
    with installation.store.read() as tx:
        verdict = journal.verify(tx, kept)
    if as_json:
        told = {"entries": verdict.count, "head": verdict.head, "fault": verdict.fault, "erased": verdict.erased}
        print_json({**told, "kept": verdict.kept})
    elif not verdict.fault:
        erased = f" ({verdict.erased} erased)" if verdict.erased else ""
        say(f"{verdict.count} entries{erased}, unbroken; head {verdict.head}")
        if verdict.kept:
            say(f"the head that was kept is that of entry {verdict.kept}: nothing up to there was changed or cut off")
    if verdict.fault:
        raise Outside(f"journal: {verdict.fault}")


def _head(text: str) -> str:
    word = text.strip().lower()
    if word and (len(word) < _SHORTEST or set(word) - set("0123456789abcdef")):
        raise Mistake(f"--head {text}: expected the hash itself, or its first {_SHORTEST} letters at least")
    return word


@application.command("list")
def listing(
    config: Config = DEFAULT_CONFIG,
    now: Now = "",
    as_json: Json = False,
    subject: Annotated[str, typer.Option(help="Only about this, such as an outbox id.")] = "",
) -> None:
    """The entries, oldest first."""
    installation = open_installation(config, now)
    with installation.store.read() as tx:
        entries = list(journal.entries(tx, subject))
    if as_json:
        print_json(
            [
                {
                    "number": one.number,
                    "at": one.at,
                    "actor": one.actor,
                    "event": one.event,
                    "subject": one.subject,
                    "hash": one.hash,
                }
                for one in entries
            ]
        )
        return
    rows = [[one.number, f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor, one.event, one.subject] for one in entries]
    table("", ["number", "at (UTC)", "actor", "event", "about"], rows, numbers=["number"])
