"""The hourly look into the mailbox: what bounced blocks an address, a person's reply pauses the customer, and what comes
back to a message that nobody was sure of proves that it left."""

import datetime as dt
from collections.abc import Iterable

from connectors.email.imap import MailboxAccount, MailPage, read_new
from connectors.email.inbox import Incoming, Unreadable, read
from connectors.errors import ConnectorError
from store import connections
from store.ingest import Saved
from sync.answers import Answers
from sync.correspondence import Correspondence
from sync.installation import Installation
from sync.pull import PullReport, remember_failure
from sync.turns import Busy, reading

#: The name of its row among the connections, and in every report.
MAILBOX = "mailbox"

#: The first reading begins so long ago; so does one after the server has renumbered its messages.
_LOOK_BACK = dt.timedelta(days=30)


def read_mailbox(installation: Installation) -> PullReport:
    """What is new in the mailbox, with its consequences. A failure is reported and remembered, never raised."""
    report, started = PullReport(MAILBOX, MAILBOX), installation.clock()
    account = installation.mailbox
    assert account is not None
    with installation.store.write() as tx:
        connections.declare(tx, MAILBOX, MAILBOX, account.username)
    try:
        with reading(installation, MAILBOX) as keep:
            answers = Answers(installation, Correspondence(installation))
            for page in read_new(account, _cursor(installation, account), started.date() - _LOOK_BACK):
                _save(installation, account, answers, page, report)
                keep()
    except Busy as error:
        report.error = str(error)
    except ConnectorError as error:
        report.error = str(error)
        remember_failure(installation, MAILBOX, started, error)
    else:
        with installation.store.write() as tx:
            connections.update(tx, MAILBOX, state="ok", problem="", synced_at=started, tried_at=started)
    return report


def _stream(account: MailboxAccount) -> str:
    """Another account or another folder is read from its beginning."""
    return f"{account.place}/{account.username}/{account.folder}"


def _cursor(installation: Installation, account: MailboxAccount) -> str:
    with installation.store.read() as tx:
        return connections.load_cursor(tx, MAILBOX, _stream(account))


def _save(
    installation: Installation, account: MailboxAccount, answers: Answers, page: MailPage, report: PullReport
) -> None:
    """In one transaction with the cursor behind the page: a crash repeats a page at most, and that changes nothing."""
    if page.renumbered and not report.notes:
        report.notes.append("the server has renumbered the mailbox; the last 30 days were read anew")
    found = [(raw, one, answers.meanings(one)) for raw, one in _read(page)]
    with installation.store.write() as tx:
        for raw, one, meanings in found:
            report.notes += answers.settle(tx, one)
            lines = [(meaning.kind, answers.take(tx, meaning, raw)) for meaning in meanings]
            _tell(report, lines or [("unreadable" if isinstance(one, Unreadable) else "not ours", "")])
        connections.save_cursor(tx, MAILBOX, _stream(account), page.cursor, installation.clock())


def _read(page: MailPage) -> list[tuple[bytes, Incoming]]:
    return [(raw, read(raw, came_at)) for raw, came_at in page.messages]


def _tell(report: PullReport, lines: Iterable[tuple[str, str]]) -> None:
    for kind, line in lines:
        report.saved.setdefault(kind, Saved())
        report.saved[kind] += Saved(new=1) if line else Saved(same=1)
        report.notes += [line] if line else []
