"""Xero's ways of saying no."""

from __future__ import annotations

from sandbox.calls import Answer, Refused, json_answer, text_answer
from sandbox.state import Record
from sandbox.world import new_guid


def problem(status: int, title: str, detail: str) -> Answer:
    body: Record = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": new_guid(),
        "Extensions": {},
    }
    return json_answer(body, status)


def unauthorized(detail: str = "AuthenticationUnsuccessful") -> Answer:
    return problem(401, "Unauthorized", detail)


def forbidden() -> Answer:
    return problem(403, "Forbidden", "AuthenticationUnsuccessful")


def validation(elements: list[Record]) -> Answer:
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    return json_answer({**body, "Elements": elements}, 400)


def invalid(*messages: str, **element: object) -> Refused:
    return Refused(validation([{**element, "ValidationErrors": [{"Message": message} for message in messages]}]))


def query_refused(message: str) -> Refused:
    body = {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message}
    return Refused(json_answer(body, 400))


def missing() -> Refused:
    return Refused(text_answer("The resource you're looking for cannot be found", 404))


def too_long() -> Answer:
    """IIS refuses long query strings before Xero sees them."""
    return text_answer("<html><body><h2>404 - File or directory not found.</h2></body></html>", 404, "text/html")


def throttled(window: str, seconds: int | None) -> Answer:
    headers = {"X-Rate-Limit-Problem": window}
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    return Answer(429, b"", headers=headers)
