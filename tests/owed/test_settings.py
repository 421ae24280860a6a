"""owed.toml as a newcomer and a hostile user write it: every problem at once, each at its exact place, with a hint."""

import re
from pathlib import Path

import pytest

from owed.settings import Settings, load
from owed.starter import starter_rules
from reconciliation.policy import MatchPolicy
from tests.owed.conftest import run

GOOD = """[business]
name = "Harbour Joinery Ltd"
timezone = "Europe/London"
country = "GB"
currency = "GBP"
domains = ["harbour.example"]

[store]
url = "sqlite:///owed.db"

[worker]
broker = "memory:"

[secrets]
key_file = "owed.key"

[matching]
sighting_days = 5
shortest_number = 3
auto_confidence = 0.9
propose_confidence = 0.4
tolerance = 50

[sending]
mode = "live"
redirect_to = "ann@harbour.example"
from = "Harbour, Joinery <accounts@harbour.example>"
reply_to = "accounts@harbour.example"
signature = "Ann"
bank_details = "Harbour Bank"
daily_cap = 50
ramp_start = 5
settle_seconds = 60
note_in_books = false
approval_above = "5000.00 GBP"

[[connection]]
name = "books"
platform = "xero"
account = "tenant"
api_base = "https://api.example/2.0/"
token_url = "https://identity.example/token"
authorize_url = "https://login.example/authorize"
revoke_url = "https://identity.example/revoke"
connections_url = "https://api.example/connections"
scopes = "offline_access"
client_id = { env = "XERO_ID" }
client_secret = { file = "xero.secret" }
stripe_money_posted_by_others = false
reminds_by_itself = false
clearing_accounts = { GBP = "090" }
post_fees = { expense_account = "404", tax_code = "NONE" }
limits = { calls_per_second = 5, calls_per_minute = 50, calls_per_day = 1000 }

[[connection]]
name = "mail"
platform = "email"
host = "smtp.harbour.example"
port = 2525
security = "starttls"
username = "ann"
password = { env = "SMTP_PASSWORD" }
"""

#: The line as it stands, the line with the mistake, where the problem stands in that line, and what it says.
WRONG = [
    ('name = "Harbour Joinery Ltd"', "name = 5", 8, "business.name: expected text in quotes, found 5"),
    ('name = "Harbour Joinery Ltd"', 'name = " "', 8, "business.name: must not be empty"),
    ('timezone = "Europe/London"', 'timezone = "London"', 12, "business.timezone: expected a time zone"),
    ('country = "GB"', 'country = "uk"', 11, "business.country: expected an ISO 3166 code"),
    ('currency = "GBP"', 'currency = "gbp"', 12, "business.currency: expected an ISO 4217 code"),
    ('domains = ["harbour.example"]', 'domains = "harbour.example"', 11, 'write domains = ["harbour.example"]'),
    ('domains = ["harbour.example"]', 'domains = ["a.example", 5]', 25, "business.domains.2: expected text"),
    ('url = "sqlite:///owed.db"', 'url = "mysql://x"', 7, "store.url: expected sqlite:///FILE or postgresql://"),
    ('url = "sqlite:///owed.db"', 'url = "sqlite:///"', 7, "store.url: expected sqlite:///FILE"),
    ('url = "sqlite:///owed.db"', 'url = { env = "NOT_SET_ANYWHERE" }', 7, "NOT_SET_ANYWHERE is empty or not there"),
    ('url = "sqlite:///owed.db"', "uri = 1", 1, "store.uri: unknown key (did you mean 'url'?)"),
    ('broker = "memory:"', 'broker = "kafka://x"', 10, "worker.broker: expected one of memory:"),
    ('key_file = "owed.key"', "key_file = 1", 12, "secrets.key_file: expected text"),
    ("sighting_days = 5", "sighting_days = 61", 17, "matching.sighting_days: expected at most 60"),
    ("shortest_number = 3", "shortest_number = 1", 19, "matching.shortest_number: expected at least 2"),
    (
        "auto_confidence = 0.9",
        "auto_confidence = 1.01",
        19,
        "matching.auto_confidence: expected a number from 0.5 to 1",
    ),
    (
        "auto_confidence = 0.9",
        "auto_confidence = 0.49",
        19,
        "matching.auto_confidence: expected a number from 0.5 to 1",
    ),
    ("auto_confidence = 0.9", 'auto_confidence = "high"', 19, "matching.auto_confidence: expected a"),
    ("auto_confidence = 0.9", "auto_confidance = 0.9", 1, "unknown key (did you mean 'auto_confidence'?)"),
    (
        "propose_confidence = 0.4",
        "propose_confidence = 0",
        22,
        "matching.propose_confidence: expected a number from 0.05",
    ),
    ("propose_confidence = 0.4", "propose_confidence = 0.95", 22, "expected at most auto_confidence, 0.9"),
    ("auto_confidence = 0.9", "auto_confidence = nan", 19, "matching.auto_confidence: expected a"),
    ("tolerance = 50", "tolerance = 0", 13, "matching.tolerance: expected at least 1"),
    ("tolerance = 50", "tolerance = 0.5", 13, "matching.tolerance: expected a whole number, found 0.5"),
    ("tolerance = 50", "tolerence = 50", 1, "matching.tolerence: unknown key (did you mean 'tolerance'?)"),
    ('mode = "live"', 'mode = "liev"', 8, "did you mean 'live'?"),
    ('redirect_to = "ann@harbour.example"', 'redirect_to = "A <a@b.example>"', 15, "a bare address"),
    ('from = "Harbour, Joinery <accounts@harbour.example>"', 'from = "Harbour"', 8, "sending.from: expected an e-mail"),
    ('from = "Harbour, Joinery <accounts@harbour.example>"', 'from = ""', 8, "sending.from: expected an e-mail"),
    (
        'from = "Harbour, Joinery <accounts@harbour.example>"',
        'from = "A\\nB <a@b.example>"',
        8,
        "sending.from: expected",
    ),
    ('reply_to = "accounts@harbour.example"', 'reply_to = "a@b@c"', 12, "sending.reply_to: expected an e-mail"),
    ('signature = "Ann"', "signature = true", 13, "sending.signature: expected text in quotes, found true"),
    ('bank_details = "Harbour Bank"', "bank_details = []", 16, "sending.bank_details: expected text"),
    ("daily_cap = 50", "daily_cap = 0", 13, "sending.daily_cap: expected at least 1"),
    ("ramp_start = 5", "ramp_start = 5.5", 14, "sending.ramp_start: expected a whole number, found 5.5"),
    ("settle_seconds = 60", "settle_seconds = 9999", 18, "sending.settle_seconds: expected at most 3600"),
    ("note_in_books = false", 'note_in_books = "no"', 17, "sending.note_in_books: expected true or false"),
    ('approval_above = "5000.00 GBP"', "approval_above = 5000", 18, 'expected money such as "12.50 GBP"'),
    ('approval_above = "5000.00 GBP"', 'approval_above = "5000.001 GBP"', 18, "more digits than GBP has"),
    ('signature = "Ann"', 'templates = "nowhere"', 13, 'there is no folder "nowhere"'),
    ('name = "books"', 'name = "Books!"', 8, "connection.1.name: expected lower-case letters"),
    ('name = "books"', 'name = "mail"', None, "connection.2.name: 'mail' is taken"),
    ('name = "books"', 'name = "local"', 8, "connection.1.name: 'local' is taken"),
    ('platform = "xero"', 'platform = "zero"', 12, "did you mean 'xero'?"),
    ('account = "tenant"', "account = 12", 11, "connection.1.account: expected text in quotes"),
    ('api_base = "https://api.example/2.0/"', 'api_base = "http://api.example"', 12, "expected an https:// address"),
    ('api_base = "https://api.example/2.0/"', 'api_base = "https://"', 12, "expected an https:// address"),
    ('api_base = "https://api.example/2.0/"', 'api_base = "http://localhost.evil.example"', 12, "an https:// address"),
    ('token_url = "https://identity.example/token"', 'token_url = "ftp://x"', 13, "connection.1.token_url: expected"),
    ('authorize_url = "https://login.example/authorize"', 'authorize_url = "x"', 17, "connection.1.authorize_url"),
    ('revoke_url = "https://identity.example/revoke"', "revoke_url = 1", 14, "connection.1.revoke_url: expected text"),
    (
        'connections_url = "https://api.example/connections"',
        'connections_url = "x"',
        19,
        "connection.1.connections_url",
    ),
    ('scopes = "offline_access"', 'scope = "x"', 1, "connection.1.scope: unknown key (did you mean 'scopes'?)"),
    ('client_id = { env = "XERO_ID" }', 'client_id = "abc"', 13, "a secret does not stand in the file"),
    ('client_id = { env = "XERO_ID" }', "client_id = {}", 13, "expected either env or file"),
    ('client_id = { env = "XERO_ID" }', "client_id = 5", 13, "connection.1.client_id: expected a table"),
    ('client_secret = { file = "xero.secret" }', 'client_secret = { fiel = "x" }', 19, "did you mean 'file'?"),
    ("stripe_money_posted_by_others = false", "stripe_money_posted_by_others = 0", 33, "expected true or false"),
    ("reminds_by_itself = false", 'reminds_by_itself = "no"', 21, "expected true or false"),
    ('clearing_accounts = { GBP = "090" }', 'clearing_accounts = { POUND = "090" }', 31, "POUND: not a currency"),
    ('clearing_accounts = { GBP = "090" }', "clearing_accounts = { GBP = 90 }", 29, "GBP: expected text in quotes"),
    ('post_fees = { expense_account = "404", ', "post_fees = { ", None, "expense_account: is missing"),
    ('tax_code = "NONE" }', 'tax_code = "NONE", expense = "4" }', 59, "expense: unknown key"),
    ("calls_per_second = 5,", "calls_per_second = 0,", 31, "expected at least 1"),
    ('account = "tenant"', 'grant = "mail"', 9, "'mail' lends no grant"),
    ("stripe_money_posted_by_others = false", "connect = true", 1, "connection.1.connect: unknown key"),
    ("reminds_by_itself = false", 'webhook_secret = "whsec_1"', 18, "a secret does not stand in the file"),
    ('host = "smtp.harbour.example"', "", None, "connection.2.host: is missing"),
    ("port = 2525", "port = 70000", 8, "connection.2.port: expected at most 65535"),
    ('security = "starttls"', 'security = "tls"', 12, "expected one of starttls, ssl, none"),
    ('username = "ann"', 'api_key = "sk_live_1"', 11, "remove it and run: owed connect mail"),
    ('password = { env = "SMTP_PASSWORD" }', 'password = "hunter2"', 12, "a secret does not stand in the file"),
]


def read(folder: Path, text: str) -> tuple[Settings, list[str]]:
    path = folder / "owed.toml"
    path.write_text(text)
    settings, problems = load(path)
    return settings, [str(problem).replace(f"{path}:", "") for problem in problems]


def test_the_whole_file_has_no_problem(tmp_path: Path) -> None:
    settings, problems = read(tmp_path, GOOD + starter_rules())
    assert problems == []
    assert settings.business.id == "harbour-joinery-ltd"
    assert settings.connections["books"].endpoint.api_base == "https://api.example/2.0"
    assert settings.matching == MatchPolicy(5, 3, 0.9, 0.4, 50)
    assert settings.sender.address == "Harbour, Joinery <accounts@harbour.example>"


@pytest.mark.parametrize(("right", "wrong", "column", "says"), WRONG, ids=[f"{one[1]}"[:40] for one in WRONG])
def test_a_wrong_value_is_named_at_its_place(
    tmp_path: Path, right: str, wrong: str, column: int | None, says: str
) -> None:
    assert right in GOOD
    _, problems = read(tmp_path, GOOD.replace(right, wrong, 1))
    found = [problem for problem in problems if says in problem]
    assert len(found) == 1, problems
    if column:
        line = GOOD[: GOOD.index(right)].count("\n") + 1
        assert found[0].startswith(f"{line}:{column}: ")
    assert not any(secret in "".join(problems) for secret in ("hunter2", "sk_live_1", "abc"))


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD
    for right, wrong, *_ in (one for one in WRONG if one[0] in ('country = "GB"', "daily_cap = 50", "port = 2525")):
        text = text.replace(right, wrong, 1)
    _, problems = read(tmp_path, text)
    assert [problem.split()[1] for problem in problems] == [
        "business.country:",
        "sending.daily_cap:",
        "connection.2.port:",
    ]
    told = run("status", "--config", str(tmp_path / "owed.toml"))
    assert (told.code, told.out, len(told.err.splitlines())) == (2, "", 3)


def test_live_mail_needs_a_sender(tmp_path: Path) -> None:
    _, problems = read(tmp_path, re.sub("from = .*\n", "", GOOD))
    assert problems == ['25:8: sending.mode: live needs from (add from = "Your name <accounts@example.com>")']


def test_redirect_needs_an_address(tmp_path: Path) -> None:
    _, problems = read(tmp_path, re.sub("redirect_to = .*\n", "", GOOD).replace('"live"', '"redirect"'))
    assert [problem for problem in problems if "redirect needs redirect_to" in problem]


def test_an_empty_file_misses_only_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, "")[1] == ["1:1: business.name: is missing"]


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        (b'[business]\nname = "caf\xe9"\n', ":2:12", "not UTF-8 text"),
        ("[business]\nname = 'é\xff".encode() + b"\xff'", ":2:11", "not UTF-8 text"),
        (b"\xff\xfe[\x00", ":1:1", "not UTF-8 text"),
        (b"[business\n", ":1:10", "not TOML"),
        (b'[business]\nname = "a"\nname = "b"\n', ":3:11", "not TOML"),
        (b'[business]\nname = "a\x00b"\n', ":2:10", "not TOML"),
    ],
)
def test_what_is_no_toml_in_utf8_is_told_with_its_place(tmp_path: Path, content: bytes, place: str, says: str) -> None:
    path = tmp_path / "owed.toml"
    path.write_bytes(content)
    told = run("rules", "check", "--config", str(path))
    assert told.code == 2
    assert told.out.startswith(f"{path}{place}: ")
    assert says in told.out


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "owed.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path)[1] == []


def test_a_missing_file_and_a_folder_in_its_place(tmp_path: Path) -> None:
    missing = run("status", "--config", str(tmp_path / "none.toml"))
    assert missing.code == 2
    assert missing.err.endswith("none.toml: there is no such file (owed init writes a first one)\n")
    folder = run("status", "--config", str(tmp_path))
    assert (folder.code, folder.err) == (2, f"{tmp_path}: cannot be read: is a directory\n")


def test_relative_paths_start_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "xero.secret").write_text("s3cret\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    (tmp_path / "owed.toml").write_text(GOOD)
    settings, problems = load(Path("../owed.toml"))
    assert problems == []
    assert settings.store_url == f"sqlite:///{tmp_path / 'owed.db'}"
    assert settings.key_file == tmp_path / "owed.key"
    assert settings.connections["books"].client_secret.read(settings.folder) == "s3cret"


def test_the_store_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "postgresql://owed:hidden@db/owed")
    settings, problems = read(tmp_path, GOOD.replace('"sqlite:///owed.db"', '{ env = "STORE_URL" }'))
    assert (problems, settings.store_url) == ([], "postgresql://owed:hidden@db/owed")


def test_a_mail_port_follows_from_the_security(tmp_path: Path) -> None:
    settings, _ = read(tmp_path, GOOD.replace("port = 2525", "").replace('"starttls"', '"ssl"'))
    assert "port" not in settings.connections["mail"].endpoint.options


def test_own_templates_are_checked_with_their_places(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "en"
    folder.mkdir(parents=True)
    (folder / "friendly.txt").write_text("Subject: Hello {{ nmber }}\n\n{{ invoices }}\n")
    (folder / "firm.txt").write_bytes(b"Subject: \xff\n\n{{ invoices }}\n")
    (folder / "special.txt").write_text("Subject: Hello\n\n{{ invoices }}\n")
    _, problems = read(tmp_path, GOOD.replace('signature = "Ann"', 'templates = "own"'))
    assert sorted(problem.split(" (")[0] for problem in problems) == [
        "own/en/firm.txt:1:10: not UTF-8 text",
        "own/en/friendly.txt:1:19: unknown name nmber",
        'own/en/special.txt:1:1: template "special" is missing in de, fr, es',
    ]


def test_own_templates_may_be_named_by_steps(tmp_path: Path) -> None:
    for language in ("de", "en", "es", "fr"):
        (tmp_path / "own" / language).mkdir(parents=True)
        (tmp_path / "own" / language / "special.txt").write_text("Subject: Hello\n\n{{ invoices }}\n")
    rules = starter_rules().replace('name = "friendly"', 'name = "friendly"\ntemplate = "special"')
    assert '"special"' in "".join(read(tmp_path, GOOD + rules)[1]), "without the folder nobody knows it"
    settings, problems = read(tmp_path, GOOD.replace('signature = "Ann"', 'templates = "own"') + rules)
    assert problems == []
    assert "special" in settings.catalog.names


def test_a_first_file_is_written_once_and_is_good(tmp_path: Path) -> None:
    path = tmp_path / "new" / "owed.toml"
    told = run(
        "init", "--config", str(path), "--name", 'O\'Neill "&" Sons \\ Ltd', "--currency", "EUR", "--country", "IE"
    )
    assert told.code == 0
    settings, problems = load(path)
    assert problems == []
    assert settings.business.name == 'O\'Neill "&" Sons \\ Ltd'
    assert (settings.business.currency, settings.business.country, settings.sending.mode) == ("EUR", "IE", "off")
    assert len(settings.rulebook.policies) == 1
    before = path.read_text()
    again = run("init", "--config", str(path))
    assert (again.code, path.read_text()) == (2, before)


@pytest.mark.parametrize("option", [("--timezone", "Mars"), ("--currency", "zz"), ("--country", "gb"), ("--name", "")])
def test_a_first_file_is_not_written_with_mistakes(tmp_path: Path, option: tuple[str, str]) -> None:
    path = tmp_path / "owed.toml"
    told = run("init", "--config", str(path), *option)
    assert told.code == 2
    assert told.err.startswith(f"business.{option[0][2:]}: ")
    assert not path.exists()
