"""[mailbox] of owed.toml: where answers to our messages arrive, read over IMAP."""

from dataclasses import dataclass

from connectors.email.imap import LOOPBACK, Security
from owed.secret import Secret, take_secret
from rules.table import Table

SECURITY: tuple[Security, ...] = ("ssl", "starttls", "none")


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Port 0 is the usual one of the security. The password is read when the mailbox is."""

    host: str
    username: str
    password: Secret
    port: int = 0
    security: Security = "ssl"
    folder: str = "INBOX"


def read_mailbox_settings(root: Table) -> MailboxSettings | None:
    """None where no mailbox is read. Problems go to the root's."""
    if "mailbox" not in root:
        return None
    table = root.take_table("mailbox")
    found = MailboxSettings(
        host=table.take_text("host"),
        username=table.take_text("username"),
        password=take_secret(table, "password"),
        port=table.take_int("port", 0, least=1, most=65_535),
        security=table.take_choice("security", SECURITY, "ssl"),
        folder=table.take_text("folder", "INBOX"),
    )
    if "password" not in table:
        table.report("", "the mailbox needs a password", 'add password = { env = "NAME" } or { file = "PATH" }')
    if found.security == "none" and found.host not in LOOPBACK:
        table.report("security", "the password would travel unencrypted", "set security to ssl or starttls")
    if not (found.folder.isascii() and found.folder.isprintable() and found.folder):
        table.expected("folder", "a folder's name in the server's own spelling (ASCII)")
    table.finish()
    return found
