"""The page that tells what each connector can do, made from the manifests: `python -m connectors.page > docs/connectors.md`."""

import sys
from collections.abc import Iterator

from connectors.manifest import Manifest, Write
from connectors.registry import EVENT_READERS, MANIFESTS

_HEAD = """# What each connector can do

Made from the connectors' own manifests (`python -m connectors.page > docs/connectors.md`); a test holds it to them.

**Keyed**: the platform honours an idempotency key, for as long as is said. **Read back**: afterwards it can be found out whether
the write happened. A write that is neither is tried once, and what cannot be known goes to a person: see
[guarantees.md](guarantees.md). What a platform's table does not list is refused before any call.
"""


def describe() -> str:
    return "\n".join([_HEAD, *(line for manifest in MANIFESTS.values() for line in _platform(manifest))]) + "\n"


def _platform(manifest: Manifest) -> Iterator[str]:
    yield f"## {manifest.title}\n"
    if manifest.kinds:
        yield f"Pulled: {_listed(stream.replace('_', ' ') for stream in manifest.kinds)}."
    if manifest.censuses:
        counted = (f"{stream.replace('_', ' ')} ({scope})" for stream, scope in manifest.censuses.items())
        yield f"Counted once a day: {_listed(counted)}."
    if manifest.platform in EVENT_READERS:
        yield "Webhooks: yes."
    if manifest.scopes:
        yield f"Scopes: {_listed(f'`{scope}`' for scope in manifest.scopes)}."
    if manifest.pdf:
        yield "Invoices as PDF: yes."
    yield "\n| write | keyed | read back | what else it does |\n| --- | --- | --- | --- |"
    yield from (_write(write) for write in manifest.writes)
    yield ""
    yield from (f"* {note}" for note in manifest.notes)
    yield ""


def _write(write: Write) -> str:
    keyed = _duration(write.key_window_seconds) if write.keyed else "no"
    effects = write.side_effects.replace("|", "\\|") or "nothing"
    return f"| {write.command.verb.replace('_', ' ')} | {keyed} | {'yes' if write.readable else 'no'} | {effects} |"


def _duration(seconds: int) -> str:
    return f"{seconds // 3600} hours" if seconds >= 3600 else f"{seconds // 60} minutes"


def _listed(words: Iterator[str]) -> str:
    return ", ".join(words)


if __name__ == "__main__":
    sys.stdout.write(describe())
