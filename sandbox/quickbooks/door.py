"""QuickBooks' front door: tokens, realm, limits, replays by requestid."""

from __future__ import annotations

from functools import cached_property

from sandbox.calls import Answer, Call, Route
from sandbox.door import Door
from sandbox.faults import Fault
from sandbox.limits import Window
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.errors import Faults, fault, gateway_fault, throttled, unauthenticated, wrong_company, xml_fault
from sandbox.quickbooks.hosted import Hosted
from sandbox.quickbooks.journals import Journals
from sandbox.quickbooks.metering import BUILDER, Meter
from sandbox.quickbooks.payments import Payments
from sandbox.quickbooks.purchases import Purchases
from sandbox.quickbooks.reads import Reads
from sandbox.quickbooks.tokens import Tokens
from sandbox.world import World, new_guid

API = "/v3/company/{realm}"
MOST_REQUEST_ID = 50


class QuickBooksDoor(Door):
    platform = "quickbooks"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.books = Books(world)
        self.tokens = Tokens(self.books)
        self.reads = Reads(self.books)
        self.payments = Payments(self.books)
        self.documents = Documents(self.books)
        self.journals = Journals(self.books)
        self.purchases = Purchases(self.books)
        self.hosted = Hosted(self.books)
        self.meter = Meter()
        self.second = Window(10, 1)
        self.minute = Window(500, 60)

    @cached_property
    def _routes(self) -> list[Route]:
        return [
            Route("GET", "/connect/oauth2", self.tokens.authorize),
            Route("POST", "/oauth2/v1/tokens/bearer", self.tokens.token),
            Route("POST", "/v2/oauth2/tokens/revoke", self.tokens.revoke),
            Route("GET", "/pay/{code}", self.hosted.show),
            Route("POST", "/pay/{code}", self.hosted.pay),
            Route("GET", f"{API}/query", self.reads.query),
            Route("POST", f"{API}/query", self.reads.query),
            Route("GET", f"{API}/cdc", self.reads.changes),
            Route("GET", f"{API}/companyinfo/{{id}}", self.reads.company),
            Route("GET", f"{API}/preferences", self.reads.preferences),
            Route("POST", f"{API}/invoice/{{id}}/send", self.documents.send),
            Route("POST", f"{API}/invoice", self.documents.post_invoice),
            Route("POST", f"{API}/creditmemo", self.documents.post_credit_memo),
            Route("POST", f"{API}/refundreceipt", self.documents.post_refund_receipt),
            Route("POST", f"{API}/salesreceipt", self.documents.post_sales_receipt),
            Route("POST", f"{API}/payment", self.payments.post),
            Route("POST", f"{API}/purchase", self.purchases.post),
            Route("POST", f"{API}/journalentry", self.journals.post),
            Route("POST", f"{API}/attachable", self.documents.post_attachable),
            Route("POST", f"{API}/customer", self.documents.post_customer),
            Route("GET", f"{API}/invoice/{{id}}/pdf", self.reads.pdf),
            Route("GET", f"{API}/{{entity}}/{{id}}", self.reads.get),
        ]

    def routes(self) -> list[Route]:
        return self._routes

    def guard(self, call: Call) -> Answer | None:
        if "realm" not in call.params:
            return None
        refused = self.tokens.check(call) or self._wrong_realm(call) or self._throttle(call)
        return refused or self._replay(call)

    def _wrong_realm(self, call: Call) -> Answer | None:
        connected = self.world.setting("qbo.connection") is not None
        return None if connected and call.params["realm"] == self.books.company["realm"] else wrong_company(call.now)

    def _throttle(self, call: Call) -> Answer | None:
        if not self.limits_on:
            return None
        monthly = int(self.books.company.get("reads_a_month", BUILDER))
        passes = self.second.take(call.now) and self.minute.take(call.now) and self.meter.take(call, monthly)
        return None if passes else throttled(call.now)

    def _replay(self, call: Call) -> Answer | None:
        """The same requestid returns the first answer, whatever it was, and does nothing."""
        key = call.argument("requestid")
        if not key or call.method == "GET":
            return None
        if len(key) > MOST_REQUEST_ID:
            return Faults(call.now).unsupported("requestid is longer than 50 characters").answer
        kept = self.books.answers.get(key)
        return Answer(kept["status"], kept["body"].encode()) if kept else None

    def done_meanwhile(self, call: Call) -> Answer | None:
        return self._replay(call) if "realm" in call.params else None

    def leave(self, call: Call, answer: Answer) -> None:
        key = call.argument("requestid")
        if key and call.method == "POST" and "realm" in call.params and answer.status < 500:
            self.books.answers.put({"id": key, "status": answer.status, "body": answer.body.decode()})

    def decorate(self, call: Call, answer: Answer) -> None:
        if call.path.startswith("/v3"):
            answer.headers["intuit_tid"] = f"1-{new_guid()}"

    def not_found(self, call: Call) -> Answer:
        detail = "The resource of this path or method does not exist"
        return fault(call.now, "120", "Unsupported Operation", detail, status=404)

    def refusal(self, fault_: Fault) -> Answer:
        """With the option `flavour`: "lower" for the gateway's names in small letters, "xml" for its XML."""
        now, flavour = self.world.clock.now(), fault_.options.get("flavour")
        if fault_.kind == "unauthorized":
            return unauthenticated(now, "Token revoked")
        if fault_.kind == "throttle":
            words = ("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", "Throttled")
            usual, kind = 429, "SERVICE"
        else:
            detail = "An unexpected error occurred while accessing or saving your data"
            words = (str(fault_.options.get("code", "10000")), "An application error has occurred", detail)
            usual, kind = 500, "SystemFault"
        status = int(fault_.options.get("status", usual))
        if flavour in ("lower", "xml"):
            return (gateway_fault if flavour == "lower" else xml_fault)(now, *words, kind, status)
        return throttled(now) if fault_.kind == "throttle" else fault(now, *words, status=status, kind=kind)
