"""One page into the store: facts, raw records, and what could not be read."""

from collections.abc import Iterator

from connectors.protocol import Page
from receivables.facts import Gone
from receivables.problems import Problem
from store import archive, connections, ingest
from store.ingest import Saved
from sync.installation import Installation


def save_page(installation: Installation, name: str, page: Page, *, moves_cursor: bool = True) -> Saved:
    """In one transaction with the cursor behind the page, so that a crash repeats a page at most."""
    now = installation.clock()
    unread = [(row.problem, row.raw) for row in page.rows if row.problem]
    with installation.store.write() as tx:
        saved = ingest.save_rows(
            tx, name, page.stream, now, ((row.raw, row.facts) for row in page.rows if not row.problem)
        )
        kept = archive.keep(tx, name, page.stream, now, [raw for _, raw in unread])
        connections.report(tx, name, now, zip((problem for problem, _ in unread), kept, strict=True))
        connections.report(tx, name, now, ((problem, "") for problem in page.problems))
        read = (str(fact.ref) for row in page.rows for fact in row.facts if not isinstance(fact, Gone))
        connections.mend(tx, name, now, read)
        if moves_cursor:
            connections.save_cursor(tx, name, page.stream, page.cursor, now)
    return saved


def problems_of(page: Page) -> Iterator[Problem]:
    yield from (row.problem for row in page.rows if row.problem)
    yield from page.problems


def notes_of(saved: Saved) -> Iterator[str]:
    yield from (f"{ref}: came in an older version than ours; kept as received, not used" for ref in saved.stale)
    yield from (f"{ref}: came in two versions at once; both are kept, the newer is used" for ref in saved.twice)
