"""JSON logs hold nothing about anybody, whatever is logged."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from owed.logs import FIELDS, JsonLines, use_json
from owed.web.application import application
from tests.owed.conftest import Desk
from tests.serving import served

_TOUCHED = ("", "owed.worker", "owed.web", "dramatiq", "dramatiq_postgres", "pika", "psycopg")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Loggers belong to the process: they are left as they were found."""
    loggers = [logging.getLogger(name) for name in _TOUCHED]
    kept = [(list(one.handlers), one.propagate, one.level) for one in loggers]
    yield
    for one, (handlers, propagate, level) in zip(loggers, kept, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def line(message: object, *arguments: object, **more: Any) -> dict[str, Any]:
    log, stream = logging.Logger("owed.test"), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)
    log.error(message, *arguments, **more)
    found: dict[str, Any] = json.loads(stream.getvalue())
    return found


def test_words_are_never_written() -> None:
    told = line("Acme Ltd <%s> owes, token %s", "ap@acme.example", "sk_live_1")
    assert set(told) == {"at", "level", "logger", "event"}
    assert told["event"].startswith("test_logs.line:")


def test_what_is_on_the_list_is_written_and_only_as_a_name_or_a_number() -> None:
    told = line("x", extra={"connection": "books", "count": 3, "state": "ap@acme.example", "customer": "Acme"})
    assert (told["connection"], told["count"]) == ("books", 3)
    assert "state" not in told
    assert "customer" not in told
    assert "customer" not in FIELDS


def test_an_error_is_its_class_and_its_place() -> None:
    try:
        int("no such customer: Acme Ltd")
    except ValueError:
        told = line("failed", exc_info=True)
    assert told["error"] == "builtins.ValueError"
    assert told["raised_at"][-1].startswith("test_logs.py:")
    assert "Acme" not in json.dumps(told)


def test_a_full_round_s_log_names_nobody(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.settings(r"\Z", '\n[worker]\nlog = "json"\n')
    desk.go_live("--release", "all")
    control = desk.sandbox.config["control"]
    told = desk.owed("worker", "--once")
    log = told.out + told.err + "".join(capfd.readouterr())
    lines = [json.loads(one) for one in log.splitlines() if one]
    assert {"pulled", "messages"} <= {one["event"] for one in lines}
    assert requests.get(f"{control}/mailbox.json", timeout=20).json(), "something was sent"
    assert forbidden(desk, log) == []


def test_the_service_s_log_names_nobody(desk: Desk) -> None:
    stream = io.StringIO()
    use_json(stream)
    body = b'{"events": [], "who": "ap@acme.example"}'
    with served(application(desk.installation, {"books": "secret-of-the-webhook"})) as address:
        answer = requests.post(
            f"{address}/webhooks/books", data=body, headers={"x-xero-signature": "wrong"}, timeout=20
        )
    assert answer.status_code == 401
    (told,) = [json.loads(one) for one in stream.getvalue().splitlines()]
    assert (told["event"], told["connection"]) == ("webhook_refused", "books")
    assert forbidden(desk, stream.getvalue()) == []


def forbidden(desk: Desk, log: str) -> list[str]:
    names = ("Acme", "Brook", "Cedar", "Delta", "Harbour", "@", "secret-of-the-webhook", "A-100", "B-100")
    secrets = [
        value
        for platform in ("xero", "quickbooks", "stripe")
        for key, value in desk.sandbox.config[platform].items()
        if any(word in key for word in ("token", "secret", "key")) and isinstance(value, str) and "://" not in value
    ]
    assert secrets
    return [word for word in (*names, *secrets) if word in log]
