"""owed backup and owed restore: the whole store as one file, from SQLite or PostgreSQL into either."""

from pathlib import Path
from typing import Annotated

import typer

from owed.bootstrap import open_bare, read_settings
from owed.cli.options import DEFAULT_CONFIG, Config, Json, Now, instant, open_installation
from owed.cli.plan import actor
from owed.cli.printing import note, print_json, say
from owed.errors import Mistake
from store import backup as backups
from store.backup import Backup
from store.engine import StoreError
from store.restore import restore as restore_into

File = Annotated[Path, typer.Argument(metavar="FILE", help="Such as owed-2026-01-31.backup.")]


def register(application: typer.Typer) -> None:
    application.command("backup")(backup)
    application.command("restore")(restore)


def backup(file: File, config: Config = DEFAULT_CONFIG, now: Now = "", as_json: Json = False) -> None:
    """Write everything in the store to one file, while owed goes on working. The key file is not in it: keep a copy."""
    installation = open_installation(config, now)
    if not file.absolute().parent.is_dir():
        raise Mistake(f"{file}: name a file in a folder that is there")
    try:
        made = backups.save(installation.store.engine, file, installation.clock())
    except FileExistsError:
        raise Mistake(f"{file} is there already; a backup never replaces a file") from None
    rows = sum(part.rows for part in made.tables.values())
    if as_json:
        print_json({"file": str(file), "rows": rows, "schema": made.schema, "heads": made.heads})
        return
    say(f"{file}: {rows:,} rows, schema {made.schema}")
    for name, (number, head) in made.heads.items():
        say(f"  journal of {name}: {number} entries, head {head}")
    note("it holds personal data, and credentials that the key file opens: keep the key file too, in another place")


def restore(file: File, config: Config = DEFAULT_CONFIG, now: Now = "") -> None:
    """Bring a backup into an empty store. Nothing leaves until you have looked: owed is stopped afterwards."""
    store, clock = open_bare(config, instant(now))
    try:
        source = Backup(file)
        done = restore_into(store.engine, source, clock(), actor())
    except FileNotFoundError:
        raise Mistake(f"{file}: no such file") from None
    except StoreError as error:
        raise Mistake(str(error)) from None
    finally:
        store.close()
    say(f"{done.rows:,} rows of {', '.join(done.organisations)}, as of {source.manifest.made_at[:16]} UTC")
    source.close()
    say(f"stopped: nothing leaves until owed stop --lift. {done.doubtful} open effects now need a person's word,")
    say("  because they may have been sent since: owed outbox list --state needs_human")
    key = read_settings(config).key_file
    if not key.exists():
        note(f"put the key file of this store back to {key} first: the next command would make a new one there,")
        note("  which opens none of the stored credentials")
    say("what comes due before you lift the stop waits for owed approve: it may have been sent before as well")
    say("next: owed status, owed sync, owed plan. A platform whose grant was renewed since wants owed connect again")
