"""Logs as JSON lines that hold nothing about anybody: only what stands on a list is written.

A message in words may quote a platform's answer, an address or a name, so words are not written at all: an event has a
name, and beside it numbers and the names that the admin gave to connections and organisations.
"""

import datetime as dt
import json
import logging
import re
import sys
import traceback
from typing import Any, Literal, TextIO

Form = Literal["text", "json"]
FORMS: tuple[Form, ...] = ("text", "json")

#: What may stand beside an event (`extra=` of a log call).
FIELDS = (
    "organisation",
    "connection",
    "platform",
    "slot",
    "state",
    "count",
    "records",
    "calls",
    "failed",
    "port",
    "seconds",
)
#: A name of ours, a number or an instant; never an address or a sentence.
_NAME = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")

#: Frames of a traceback that are written, the innermost last.
_FRAMES = 8


class JsonLines(logging.Formatter):
    """One object a line. `event` names the place in the program; an error is its class and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", "") or f"{record.module}.{record.funcName}:{record.lineno}",
        }
        for name in FIELDS:
            value = getattr(record, name, None)
            if isinstance(value, int | float) or (isinstance(value, str) and _NAME.fullmatch(value)):
                told[name] = value
        if record.exc_info and record.exc_info[1]:
            told |= _error(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def _error(error: BaseException) -> dict[str, Any]:
    """Without its words: they may be anybody's."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
    return {"error": f"{type(error).__module__}.{type(error).__qualname__}", "raised_at": places}


def use_json(stream: TextIO | None = None) -> None:
    """From now on everything that is logged in this process is a JSON line: ours from info on, of others warnings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("owed.worker", "owed.web"):
        ours = logging.getLogger(name)
        ours.handlers, ours.propagate = [], True
        ours.setLevel(logging.INFO)
