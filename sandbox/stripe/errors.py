"""Stripe's errors."""

from __future__ import annotations

from sandbox.calls import Answer, Refused, json_answer
from sandbox.state import Record


def error(
    status: int, message: str, *, kind: str = "invalid_request_error", code: str | None = None, param: str | None = None
) -> Answer:
    body: Record = {"message": message, "type": kind}
    if code is not None:
        body |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
    if param is not None:
        body["param"] = param
    return json_answer({"error": body}, status)


def refused(status: int, message: str, **fields: str) -> Refused:
    return Refused(error(status, message, **fields))


def missing(kind: str, identity: str, param: str = "id", status: int = 404) -> Refused:
    return refused(status, f"No such {kind}: '{identity}'", code="resource_missing", param=param)


def unknown_parameter(name: str) -> Refused:
    return refused(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def required(name: str) -> Refused:
    return refused(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def invalid(name: str, message: str, code: str = "parameter_invalid_integer") -> Refused:
    return refused(400, message, code=code, param=name)
