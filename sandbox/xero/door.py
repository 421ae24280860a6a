"""Xero's front door: who may come in, how often, and what was answered before."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cached_property, partial

from sandbox.calls import Answer, Call, Route, json_answer, text_answer
from sandbox.clock import read_instant
from sandbox.door import Door
from sandbox.faults import Fault
from sandbox.limits import Window
from sandbox.world import World
from sandbox.xero import render
from sandbox.xero.banking import Banking
from sandbox.xero.books import Books
from sandbox.xero.documents import Documents
from sandbox.xero.errors import forbidden, missing, problem, throttled, too_long, unauthorized
from sandbox.xero.hosted import Hosted
from sandbox.xero.lists import Lists, envelope
from sandbox.xero.people import People
from sandbox.xero.reports import Reports
from sandbox.xero.settings import Settings
from sandbox.xero.tokens import Tokens
from sandbox.xero.writes import Writes

API = "/api.xro/2.0"
MOST_QUERY = 2000
MOST_AT_ONCE = 5
USUAL_DAY = 5000
# Xero does not say how long a key is kept; the sandbox forgets early, so that nobody leans on it.
KEY_LIFE = timedelta(minutes=6)


class XeroDoor(Door):
    platform = "xero"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.books = Books(world)
        self.tokens = Tokens(self.books)
        self.lists = Lists(self.books)
        self.writes = Writes(self.books)
        self.documents = Documents(self.books, self.writes)
        self.people = People(self.books)
        self.banking = Banking(self.books, self.writes)
        self.reports = Reports(self.books)
        self.settings = Settings(self.books)
        self.hosted = Hosted(self.books)
        self.minute = Window(60, 60)
        self.app_minute = Window(10_000, 60)
        self.day = Window(USUAL_DAY, 86_400)

    @cached_property
    def _routes(self) -> list[Route]:
        return [*self._identity_routes(), *self._reading_routes(), *self._credit_routes(), *self._writing_routes()]

    def routes(self) -> list[Route]:
        return self._routes

    def _identity_routes(self) -> list[Route]:
        return [
            Route("GET", "/identity/connect/authorize", self.tokens.authorize),
            Route("POST", "/connect/token", self.tokens.token),
            Route("POST", "/connect/revocation", self.tokens.revoke),
            Route("GET", "/connections", self.tokens.connections),
            Route("DELETE", "/connections/{id}", self.tokens.disconnect),
            Route("GET", "/in/{code}", self.hosted.show),
            Route("POST", "/in/{code}", self.hosted.pay),
        ]

    def _reading_routes(self) -> list[Route]:
        return [
            Route("GET", f"{API}/Organisation", self.settings.organisation),
            Route("GET", f"{API}/Currencies", self.settings.currencies),
            Route("GET", f"{API}/TaxRates", self.settings.tax_rates),
            Route("GET", f"{API}/InvoiceReminders/Settings", self.settings.reminders),
            Route("GET", f"{API}/BrandingThemes", self.settings.themes),
            Route("GET", f"{API}/BrandingThemes/{{id}}/PaymentServices", self.settings.theme_services),
            Route("GET", f"{API}/PaymentServices", self.settings.services),
            Route("GET", f"{API}/Accounts", self.lists.accounts),
            Route("GET", f"{API}/Contacts", self.lists.contacts),
            Route("GET", f"{API}/Contacts/{{id}}", self.people.get),
            Route("GET", f"{API}/Invoices", self.lists.invoices),
            Route("GET", f"{API}/Invoices/{{id}}", self.documents.get),
            Route("GET", f"{API}/Invoices/{{id}}/OnlineInvoice", self.documents.online_invoice),
            Route("GET", f"{API}/Payments", self.lists.payments),
            Route("GET", f"{API}/Payments/{{id}}", self._payment),
            Route("GET", f"{API}/BankTransactions", self.lists.bank_transactions),
            Route("GET", f"{API}/BatchPayments", self.lists.batches),
            Route("GET", f"{API}/BatchPayments/{{id}}", self.banking.get_batch),
            Route("GET", f"{API}/Reports/AgedReceivablesByContact", self.reports.aged_receivables),
            *(Route("GET", f"{API}/{one}/{{id}}/History", self.documents.history) for one in WITH_HISTORY),
        ]

    def _credit_routes(self) -> list[Route]:
        routes: list[Route] = []
        for name, kind in CREDITS.items():
            routes += [
                Route("GET", f"{API}/{name}", partial(self.lists.credits, kind=kind, name=name)),
                Route("GET", f"{API}/{name}/{{id}}", partial(self._credit, name=name)),
                Route("PUT", f"{API}/{name}/{{id}}/Allocations", self.writes.allocations),
                Route("DELETE", f"{API}/{name}/{{id}}/Allocations/{{allocation}}", self.writes.delete_allocation),
            ]
        return routes

    def _writing_routes(self) -> list[Route]:
        return [
            Route("PUT", f"{API}/Contacts", self.people.save),
            Route("POST", f"{API}/Contacts", self.people.save),
            Route("POST", f"{API}/Contacts/{{id}}", self.people.save_one),
            Route("PUT", f"{API}/Invoices", self.documents.put),
            Route("POST", f"{API}/Invoices", self.documents.post),
            Route("POST", f"{API}/Invoices/{{id}}", self.documents.post_one),
            Route("POST", f"{API}/Invoices/{{id}}/Email", self.documents.email),
            Route("PUT", f"{API}/Payments", self.writes.payments),
            Route("POST", f"{API}/Payments", self.writes.payments),
            Route("POST", f"{API}/Payments/{{id}}", self.writes.delete_payment),
            Route("PUT", f"{API}/CreditNotes", self.writes.credit_notes),
            Route("PUT", f"{API}/BankTransactions", self.banking.put),
            Route("PUT", f"{API}/BatchPayments", self.banking.put_batches),
            Route("POST", f"{API}/BatchPayments", self.banking.delete_batch),
            Route("POST", f"{API}/BatchPayments/{{id}}", self.banking.delete_batch),
            *(Route("PUT", f"{API}/{one}/{{id}}/History", self.documents.add_history) for one in WITH_HISTORY),
        ]

    def _credit(self, call: Call, name: str) -> Answer:
        record = self.books.credits.get(call.params["id"])
        if record is None or record["kind"] != CREDITS[name]:
            raise missing()
        return envelope(call, **{name: [render.credit(self.books, record)]})

    def _payment(self, call: Call) -> Answer:
        record = self.books.payments.get(call.params["id"])
        if record is None:
            raise missing()
        return envelope(call, Payments=[render.payment(self.books, record)])

    # -- the guard --------------------------------------------------------------------------------------------------

    def guard(self, call: Call) -> Answer | None:
        if not is_api(call):
            return None
        if len(call.query_text) > MOST_QUERY:
            return too_long()
        refused = self.tokens.check(call) or self._wrong_tenant(call) or self._throttle(call)
        return refused or self._replay(call)

    def _wrong_tenant(self, call: Call) -> Answer | None:
        connected = self.world.setting("xero.connection") is not None
        return None if connected and call.header("xero-tenant-id") == self.books.organisation["tenant"] else forbidden()

    def _throttle(self, call: Call) -> Answer | None:
        if not self.limits_on:
            return None
        self.day.limit = self.books.organisation.get("calls_a_day", USUAL_DAY)
        if self.in_flight > MOST_AT_ONCE:
            return throttled("concurrent", None)
        for name, window in (("appminute", self.app_minute), ("minute", self.minute), ("day", self.day)):
            if not window.take(call.now):
                return throttled(name, window.seconds_left(call.now))
        return None

    def _replay(self, call: Call) -> Answer | None:
        key = call.header("idempotency-key")
        if not key or call.method == "GET":
            return None
        if len(key) > 128:
            return json_answer({"ErrorNumber": 10, "Message": "Idempotency-Key is longer than 128 characters"}, 400)
        kept = self.books.answers.get(key)
        if kept is None or call.now - read_instant(kept["at"]) > KEY_LIFE:
            return None
        if kept["digest"] != digest(call):
            return json_answer({"ErrorNumber": 10, "Message": "Idempotency-Key was used for another request"}, 400)
        return Answer(kept["status"], kept["body"].encode(), kept["media_type"])

    def done_meanwhile(self, call: Call) -> Answer | None:
        return self._replay(call) if is_api(call) else None

    def leave(self, call: Call, answer: Answer) -> None:
        key = call.header("idempotency-key")
        if not key or call.method == "GET" or not is_api(call) or answer.status >= 500:
            return
        kept = {"id": key, "digest": digest(call), "status": answer.status, "media_type": answer.media_type}
        self.books.answers.put({**kept, "body": answer.body.decode(), "at": call.now.isoformat()})

    def decorate(self, call: Call, answer: Answer) -> None:
        if is_api(call) and answer.status not in (401, 403):
            answer.headers |= {
                "X-DayLimit-Remaining": str(self.day.remaining(call.now)),
                "X-MinLimit-Remaining": str(self.minute.remaining(call.now)),
                "X-AppMinLimit-Remaining": str(self.app_minute.remaining(call.now)),
            }

    def refusal(self, fault_: Fault) -> Answer:
        if fault_.kind == "throttle":
            window = str(fault_.options.get("problem", "minute"))
            waits = {"minute": 30, "day": 61_000, "appminute": 30}
            return throttled(window, fault_.options.get("retry_after", waits.get(window)))
        if fault_.kind == "unauthorized":
            return unauthorized(str(fault_.options.get("detail", "AuthenticationUnsuccessful")))
        status = int(fault_.options.get("status", 500))
        if status == 503:
            return text_answer("The organisation is offline, or a rate limit was exceeded", 503)
        return problem(status, "An error occurred", "An error occurred in Xero. Check the API Status page.")


WITH_HISTORY = ("Invoices", "CreditNotes", "Contacts", "Payments", "Overpayments", "Prepayments")
CREDITS = {"CreditNotes": "credit_note", "Overpayments": "overpayment", "Prepayments": "prepayment"}


def is_api(call: Call) -> bool:
    return call.path.lower().startswith(API)


def digest(call: Call) -> str:
    return hashlib.sha256(f"{call.method} {call.path}?{call.query_text}\n".encode() + call.body).hexdigest()
