"""QuickBooks' faults. The gateway in front of the API writes them in lower case."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from sandbox.calls import Answer, Refused, json_answer, text_answer
from sandbox.clock import milliseconds
from sandbox.quickbooks.render import stamp
from sandbox.state import Record


def fault(
    now: datetime,
    code: str,
    message: str,
    detail: str,
    *,
    status: int = 400,
    kind: str = "ValidationFault",
    element: str = "",
) -> Answer:
    error = {"Message": message, "Detail": detail, "code": code, "element": element}
    return json_answer({"Fault": {"Error": [error], "type": kind}, "time": stamp(now)}, status)


def gateway_fault(now: datetime, code: str, message: str, detail: str, kind: str, status: int) -> Answer:
    error: Record = {"message": message, "detail": detail, "code": code, "element": None}
    body: Record = {"warnings": None, "intuitObject": None, "fault": {"error": [error], "type": kind}, "report": None}
    body |= {"queryResponse": None, "batchItemResponse": [], "attachableResponse": [], "syncErrorResponse": None}
    return json_answer(
        {**body, "requestId": None, "time": milliseconds(now), "status": None, "cdcresponse": []}, status
    )


def xml_fault(now: datetime, code: str, message: str, detail: str, kind: str, status: int) -> Answer:
    """The form in which the gateway answers now and then, whatever was asked for."""
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time="{stamp(now)}"><Fault type="{kind}">'
        f'<Error code="{code}"><Message>{escape(message)}</Message><Detail>{escape(detail)}</Detail></Error>'
        "</Fault></IntuitResponse>"
    )
    return text_answer(text, status, "application/xml")


def unauthenticated(now: datetime, detail: str) -> Answer:
    return gateway_fault(
        now, "3200", "message=AuthenticationFailed; errorCode=003200; statusCode=401", detail, "AUTHENTICATION", 401
    )


def wrong_company(now: datetime) -> Answer:
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return fault(
        now, "3100", message, "The application has no access to this company", status=403, kind="AuthorizationFault"
    )


def throttled(now: datetime) -> Answer:
    message = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    return fault(now, "3001", message, "Too many requests: wait before the next", status=429, kind="ValidationFault")


class Faults:
    """Refusals that handlers raise, at the time of the call."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def stale(self) -> Refused:
        detail = (
            "Stale Object Error : You and another user were working on this at the same time; your work was not saved."
        )
        return Refused(fault(self.now, "5010", "Stale Object Error", detail))

    def closed_period(self) -> Refused:
        detail = "Account Period Closed : The account period has closed and the account books cannot be updated."
        return Refused(fault(self.now, "6210", "Account Period Closed, Cannot Update Through Services API", detail))

    def not_found(self, what: str = "Object Not Found") -> Refused:
        detail = f"{what} : Something you're trying to use has been made inactive."
        return Refused(fault(self.now, "610", "Object Not Found", detail))

    def required(self, element: str) -> Refused:
        message = "Required param missing, need to supply the required value for the API"
        return Refused(
            fault(self.now, "2020", message, f"Required parameter {element} is missing in the request", element=element)
        )

    def unsupported(self, detail: str) -> Refused:
        return Refused(fault(self.now, "2010", "Request has invalid or unsupported property", detail))

    def invalid_reference(self, detail: str) -> Refused:
        return Refused(fault(self.now, "2500", "Invalid Reference Id", detail))

    def business(self, detail: str) -> Refused:
        message = "A business validation error has occurred while processing your request"
        return Refused(fault(self.now, "6000", message, f"Business Validation Error: {detail}"))

    def duplicate_name(self) -> Refused:
        return Refused(
            fault(self.now, "6240", "Duplicate Name Exists Error", "The name supplied already exists. : null")
        )

    def duplicate_number(self, number: str) -> Refused:
        detail = f"Duplicate Document Number Error : You must specify a different number. {number} is taken."
        return Refused(fault(self.now, "6140", "Duplicate Document Number Error", detail))

    def bad_query(self, code: str, detail: str) -> Refused:
        message = {"4000": "Error parsing query", "4001": "Invalid query"}[code]
        return Refused(fault(self.now, code, message, detail))
