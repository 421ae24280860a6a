"""[mailbox], [business.bank], [[contact]] and who else gets a message: read, checked, and put together."""

from pathlib import Path

import pytest

from outreach.bank import BankAccount
from owed.bootstrap import install
from owed.settings import Settings, load
from owed.starter import starter_rules
from receivables.facts import Contact
from tests.owed.conftest import run

GOOD = """[business]
name = "Harbour Joinery Ltd"
[business.bank.GBP]
account_name = "Harbour Joinery"
bank = "Harbour Bank"
sort_code = "20-20-15"
account_number = "55555555"
[business.bank.EUR]
iban = "DE89370400440532013000"
bic = "COBADEFFXXX"
[business.bank.any]
text = "Ask us where to pay."

[sending]
mode = "off"
from = "Harbour <accounts@harbour.example>"
reply_to = "accounts@harbour.example"
cc = ["sales@harbour.example"]
copy_to = "proof@harbour.example"

[mailbox]
host = "imap.harbour.example"
username = "accounts@harbour.example"
password = { file = "secret" }
folder = "INBOX/Debtors"

[[contact]]
customer = "books:customer:17"
role = "escalation"
email = "cfo@acme.example"
name = "The CFO"

[[contact]]
customer = "books:customer:17"
role = "director"
email = "boss@acme.example"
"""

WRONG = [
    ('sort_code = "20-20-15"', 'sort_code = "20-20"', "expected six digits such as 20-20-15"),
    ('iban = "DE89370400440532013000"', 'iban = "DE89370400440532013001"', "expected an IBAN"),
    ('iban = "DE89370400440532013000"', 'iban = "XX00"', "expected an IBAN"),
    ('bic = "COBADEFFXXX"', 'bic = "COBA"', "expected a BIC of 8 or 11 characters"),
    ('text = "Ask us where to pay."', 'bank = "x"', "nobody could pay by these bank details"),
    ("[business.bank.any]", "[business.bank.QQQ]", "not a currency"),
    ('cc = ["sales@harbour.example"]', 'cc = ["Sales <sales@harbour.example>"]', "expected e-mail addresses"),
    ('copy_to = "proof@harbour.example"', 'copy_to = "proof"', "expected an e-mail address"),
    ('host = "imap.harbour.example"', "", "host"),
    ('password = { file = "secret" }', 'password = "hunter2"', "a secret does not stand in the file"),
    ('password = { file = "secret" }', "", "the mailbox needs a password"),
    ('folder = "INBOX/Debtors"', 'security = "none"', "the password would travel unencrypted"),
    ('folder = "INBOX/Debtors"', 'security = "tls"', "security"),
    ('folder = "INBOX/Debtors"', 'folder = "Schuldner/Mögliche"', "in the server's own spelling"),
    ('folder = "INBOX/Debtors"', 'folders = "x"', "folders"),
    ('customer = "books:customer:17"', 'customer = "Acme"', "expected a customer's reference"),
    ('email = "cfo@acme.example"', 'email = "cfo"', "expected an e-mail address"),
    ('role = "escalation"', "", "role"),
]


def settings_of(folder: Path, text: str) -> tuple[Settings, list[str]]:
    path = folder / "owed.toml"
    path.write_text(text + starter_rules())
    settings, problems = load(path)
    return settings, [str(problem) for problem in problems]


def test_the_mail_side_of_the_settings(tmp_path: Path) -> None:
    settings, problems = settings_of(tmp_path, GOOD)
    assert problems == []
    assert settings.bank["GBP"] == BankAccount(
        account_name="Harbour Joinery", bank="Harbour Bank", sort_code="20-20-15", account_number="55555555"
    )
    assert settings.bank["EUR"].iban == "DE89 3704 0044 0532 0130 00"
    assert settings.sending.cc == ("sales@harbour.example",)
    assert settings.sending.copy_to == "proof@harbour.example"
    cfo = Contact(email="cfo@acme.example", name="The CFO", role="escalation", stated=True)
    assert settings.contacts["books:customer:17"][0] == cfo
    assert [one.role for one in settings.contacts["books:customer:17"]] == ["escalation", "director"]
    assert not [one for one in settings.warnings if "mailbox" in one.what]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_each_mistake_is_named_at_its_place(right: str, wrong: str, said: str, tmp_path: Path) -> None:
    assert right in GOOD
    _, problems = settings_of(tmp_path, GOOD.replace(right, wrong, 1))
    assert len(problems) == 1, problems
    assert said in problems[0]
    assert "hunter2" not in problems[0]


def test_a_mailbox_and_its_password_as_it_is_when_it_is_read(tmp_path: Path) -> None:
    settings_of(tmp_path, GOOD)
    mailbox = install(tmp_path / "owed.toml").mailbox
    assert mailbox is not None
    assert (mailbox.place, mailbox.security, mailbox.folder) == ("imap.harbour.example:993", "ssl", "INBOX/Debtors")
    assert mailbox.password() == ""
    (tmp_path / "secret").write_text("one\n")
    assert mailbox.password() == "one"
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    assert mailbox.password() == ""
    assert "one" not in repr(mailbox)


def test_replies_that_nobody_reads_are_worth_a_warning(tmp_path: Path) -> None:
    before, _, after = GOOD.partition("[mailbox]")
    path = tmp_path / "owed.toml"
    path.write_text(before + after[after.index("[[contact]]") :] + starter_rules())
    told = run("rules", "check", "--config", str(path))
    assert told.code == 0
    assert "owed.toml:17:12: owed reads no mailbox" in told.out
    warnings = run("rules", "check", "--json", "--config", str(path)).json["warnings"]
    assert any("reads no mailbox" in one["what"] for one in warnings)


def test_a_connection_cannot_be_called_mailbox(tmp_path: Path) -> None:
    _, problems = settings_of(tmp_path, GOOD + '[[connection]]\nname = "mailbox"\nplatform = "stripe"\n')
    assert any("'mailbox' is taken" in problem for problem in problems)
