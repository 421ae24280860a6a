"""owed.toml, read and checked: every problem at once, each with its file:line:column and a hint."""

import functools
import re
import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from outreach.bank import BankAccount
from outreach.catalog import Catalog
from owed.bank_settings import read_bank
from owed.connection_settings import ConnectionSettings, read_connections
from owed.contact_settings import read_contacts
from owed.logs import Form
from owed.mailbox_settings import MailboxSettings, read_mailbox_settings
from owed.own_templates import take_templates
from owed.sending_settings import SenderSettings, read_sending
from owed.serve_settings import ServeSettings, read_serving
from owed.text_files import read_utf8
from owed.whereabouts import organisation_id, take_broker, take_log, take_store_url
from receivables.business import Business
from receivables.facts import Contact
from receivables.money import CURRENCIES
from receivables.problems import Problem
from reconciliation.policy import MatchPolicy
from rules.advice import advise
from rules.cases import Case, read_cases
from rules.loader import load as load_rules
from rules.loader import read as read_rules
from rules.schema import Rulebook
from rules.table import Table
from rules.toml import parse
from sync.installation import Sending

#: Below an even chance nothing is applied by itself.
_LEAST_AUTO = 0.5


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole file. `folder` is where it stands; relative paths start there."""

    folder: Path
    text: str
    business: Business
    store_url: str
    broker: str
    log: Form
    serving: ServeSettings
    key_file: Path
    connections: dict[str, ConnectionSettings]
    sending: Sending
    sender: SenderSettings
    #: Where debtors pay, by currency.
    bank: dict[str, BankAccount]
    mailbox: MailboxSettings | None
    contacts: dict[str, tuple[Contact, ...]]
    #: What is no mistake, but rarely meant.
    warnings: tuple[Problem, ...]
    catalog: Catalog
    matching: MatchPolicy
    rulebook: Rulebook
    #: The text of the file that the rulebook stands in.
    rules_text: str
    cases: tuple[Case, ...]


def load(path: Path, rules: Path | None = None) -> tuple[Settings, list[Problem]]:
    """Read the file; `rules` may name another file that holds the policies. With problems, do not use the settings."""
    text, problems = read_utf8(path, hint="owed init writes a first one")
    return load_text(text, path, rules) if not problems else (_read(_empty(path), path, ""), problems)


def load_text(text: str, path: Path, rules: Path | None = None) -> tuple[Settings, list[Problem]]:
    """As `load`, of a text that stands, or will stand, at `path`."""
    document, problems = parse(text, str(path))
    if problems:
        return _read(_empty(path), path, text), problems
    root = document.root(problems)
    settings = _read(root, path, text, rules)
    root.finish()
    return settings, sorted(set(problems), key=_place)


def load_rulebook(path: Path, catalog: Catalog) -> tuple[Rulebook, tuple[Case, ...], list[Problem]]:
    """The policies and cases of another file, which may be a whole owed.toml or hold nothing else."""
    text, problems = read_utf8(path)
    if problems:
        return Rulebook(), (), problems
    rulebook, problems = load_rules(text, str(path), templates=catalog.names)
    cases = read_cases(parse(text, str(path))[0].root(problems), rulebook)
    return rulebook, cases, sorted(set(problems), key=_place)


def _empty(path: Path) -> Table:
    return parse("", str(path))[0].root([])


def _place(problem: Problem) -> tuple[str, int, int, str]:
    name, line, column = [*problem.where.rsplit(":", 2), "0", "0"][:3]
    return name, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0, problem.what


def _read(root: Table, path: Path, text: str, rules: Path | None = None) -> Settings:
    folder = path.parent.resolve()
    connections = read_connections(root)
    sending_table = root.take_table("sending")
    mails = any(one.endpoint.platform == "email" for one in connections.values())
    sending, sender = read_sending(sending_table, mails=mails)
    catalog = take_templates(sending_table, folder)
    mailbox = read_mailbox_settings(root)
    warnings = [*_warnings(sending_table, sender, mailbox)]
    sending_table.finish()
    business_table = root.take_table("business")
    bank, business = read_bank(business_table), _business(business_table)
    rulebook = read_rules(root, templates=catalog.names)
    cases = read_cases(root, rulebook)
    worker_table = root.take_table("worker")
    rules_text, rules_root = text, root
    if rules:
        rulebook, cases, problems = load_rulebook(rules, catalog)
        root.problems += problems
        rules_text = read_utf8(rules)[0]
        rules_root = parse(rules_text, str(rules))[0].root([])
    if not root.problems:
        warnings += advise(rules_root, rulebook, business.country)
        warnings += _unheard_actions(rules_root, rulebook, connections, sending)
    return Settings(
        folder=folder,
        text=text,
        bank=bank,
        business=business,
        mailbox=mailbox,
        contacts=read_contacts(root),
        warnings=tuple(warnings),
        store_url=take_store_url(root.take_table("store"), folder),
        log=take_log(worker_table),
        broker=take_broker(worker_table, folder),
        serving=read_serving(root),
        key_file=_key_file(root.take_table("secrets"), folder),
        connections=connections,
        sending=sending,
        sender=sender,
        catalog=catalog,
        matching=_matching(root.take_table("matching")),
        rulebook=rulebook,
        rules_text=rules_text,
        cases=cases,
    )


def _unheard_actions(
    root: Table, rulebook: Rulebook, connections: dict[str, ConnectionSettings], sending: Sending
) -> list[Problem]:
    """Steps that nothing here can carry out."""
    platforms = {one.endpoint.platform for one in connections.values()}
    actions = {step.action for policy in rulebook.policies if policy.status != "off" for step in policy.steps}
    where = root.places.of_key(("policy",))
    found = []
    if "alert" in actions and not sending.notify:
        found.append(
            Problem(where, "a step alerts you, and nobody is named", 'add notify = "you@example.com" to [sending]')
        )
    if "webhook" in actions and "webhook" not in platforms:
        found.append(
            Problem(
                where, "a step calls a webhook, and there is none", 'add a [[connection]] with platform = "webhook"'
            )
        )
    return found


def _warnings(sending: Table, sender: SenderSettings, mailbox: MailboxSettings | None) -> tuple[Problem, ...]:
    if not sender.reply_to or mailbox:
        return ()
    what = "owed reads no mailbox: a customer who answers is reminded all the same"
    return (Problem(sending.where("reply_to"), what, "add [mailbox], so that replies pause and bounces block"),)


def _key_file(table: Table, folder: Path) -> Path:
    name = table.take_text("key_file", "owed.key")
    table.finish()
    return folder / name


@functools.cache
def _zones() -> frozenset[str]:
    """Looked up in a hundred folders; a worker reads many settings."""
    return frozenset(zoneinfo.available_timezones())


def _business(table: Table) -> Business:
    name = table.take_text("name")
    zone = table.take_text("timezone", "UTC")
    if zone not in _zones():
        table.expected("timezone", "a time zone such as Europe/London")
        zone = "UTC"
    currency = table.take_text("currency", "")
    if currency and currency not in CURRENCIES:
        table.expected("currency", "an ISO 4217 code such as GBP")
    country = table.take_text("country", "")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        table.expected("country", "an ISO 3166 code of two letters such as GB")
    business = Business(
        id=organisation_id(table.take_text("id", ""), name),
        name=name,
        timezone=zone,
        country=country,
        currency=currency,
        domains=table.take_list_of_text("domains", ()),
        terms_days=table.take_int("terms_days", None, least=0, most=365),
    )
    table.finish()
    return business


def _matching(table: Table) -> MatchPolicy:
    standard = MatchPolicy()
    policy = MatchPolicy(
        sighting_days=table.take_int("sighting_days", standard.sighting_days, least=0, most=60),
        shortest_number=table.take_int("shortest_number", standard.shortest_number, least=2),
        auto_confidence=_share(table, "auto_confidence", standard.auto_confidence, _LEAST_AUTO),
        propose_confidence=_share(table, "propose_confidence", standard.propose_confidence, 0.05),
        tolerance=table.take_int("tolerance", standard.tolerance, least=1),
    )
    if policy.propose_confidence > policy.auto_confidence:
        table.expected("propose_confidence", f"at most auto_confidence, {policy.auto_confidence}")
    table.finish()
    return policy


def _share(table: Table, key: str, standard: float, least: float) -> float:
    share = float(table.take_decimal(key, standard))
    if not least <= share <= 1:
        table.expected(key, f"a number from {least} to 1")
        return standard
    return share
