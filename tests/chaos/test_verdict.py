"""The judge of the chaos runs says so when something was done twice, was lost, or was done without a row."""

import dataclasses
from typing import Any

import pytest

from receivables.commands import SendInvoiceEmail
from receivables.refs import Ref
from store import outbox
from store.engine import Store
from store.outbox import Effect, NewEffect
from tests.builders import NOW
from tests.chaos.verdict import judge


@pytest.fixture
def row(sqlite_store: Store) -> Effect:
    command = SendInvoiceEmail(connection="books", invoice=Ref.parse("books:invoice:7"))
    with sqlite_store.write() as tx:
        return outbox.plan(tx, NOW, NewEffect(intent="policy/step/7", command=command))


def email(target: str = "7") -> dict[str, Any]:
    return {"kind": "email", "platform": "xero", "target": target}


def mail(name: str) -> dict[str, Any]:
    return {"via": "smtp", "headers": {"Message-ID": name}, "to": ["a@b.example"], "subject": name}


@pytest.mark.parametrize(
    ("state", "done", "duplicates", "lost", "other"),
    [
        ("sent", 1, 0, 0, 0),
        ("sent", 2, 1, 0, 0),
        ("sent", 0, 0, 1, 0),
        ("approved", 0, 0, 0, 0),
        ("approved", 1, 1, 0, 0),
        ("needs_human", 0, 0, 0, 0),
        ("needs_human", 1, 0, 0, 0),
        ("needs_human", 2, 1, 0, 0),
        ("uncertain", 0, 0, 0, 1),
    ],
)
def test_by_platform(row: Effect, state: str, done: int, duplicates: int, lost: int, other: int) -> None:
    found = judge([dataclasses.replace(row, state=state)], [email()] * done, [])
    assert (len(found.duplicates), len(found.lost), len(found.other)) == (duplicates, lost, other)
    assert found.effects == done


def test_of_another_invoice_is_twice_wrong(row: Effect) -> None:
    found = judge([dataclasses.replace(row, state="sent")], [email("8")], [])
    assert (len(found.duplicates), len(found.lost)) == (1, 1)


@pytest.mark.parametrize(
    ("state", "mails", "violations"),
    [("sent", ["a"], 0), ("sent", [], 1), ("sent", ["a", "b"], 1), ("needs_human", ["a"], 0), ("needs_human", [], 0)],
)
def test_by_mail(row: Effect, state: str, mails: list[str], violations: int) -> None:
    ours = dataclasses.replace(row, state=state, connection="mail", verb="send_reminder")
    assert len(judge([ours], [], map(mail, mails)).violations) == violations


def test_the_same_mail_twice(row: Effect) -> None:
    ours = dataclasses.replace(row, state="sent", connection="mail", verb="send_reminder")
    assert judge([ours], [], [mail("a"), mail("a")]).duplicates
