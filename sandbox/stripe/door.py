"""Stripe's front door: keys, permissions, limits, idempotency."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import timedelta
from functools import cached_property, partial

from sandbox.calls import Answer, Call, Route, json_answer
from sandbox.clock import read_instant
from sandbox.door import Door
from sandbox.faults import Fault
from sandbox.limits import Window
from sandbox.state import Record
from sandbox.stripe import errors, keys, webhooks
from sandbox.stripe.balances import Balances
from sandbox.stripe.billing import Billing
from sandbox.stripe.deeds import Deeds
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import decode
from sandbox.stripe.hosted import Hosted
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.keys import API_KEY, READ_ONLY_KEY
from sandbox.stripe.ledger import NO_REQUEST, Ledger
from sandbox.stripe.links import Links
from sandbox.stripe.lists import Lists
from sandbox.stripe.received import Received
from sandbox.stripe.till import Till
from sandbox.stripe.writes import Writes
from sandbox.world import World, new_code

KEY_LIFE = timedelta(hours=24)
__all__ = ["API_KEY", "READ_ONLY_KEY", "StripeDoor"]
LISTED = {
    "customers": "customer", "invoices": "invoice", "invoice_payments": "invoice_payment", "credit_notes": "credit_note",
    "charges": "charge", "payment_intents": "payment_intent", "refunds": "refund", "payouts": "payout",
    "balance_transactions": "balance_transaction", "disputes": "dispute", "events": "event",
    "payment_links": "payment_link", "checkout/sessions": "checkout.session", "payment_records": "payment_record",
}  # fmt: skip


class StripeDoor(Door):
    platform = "stripe"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.ledger = Ledger(world)
        self.expander = Expander(self.ledger)
        self.lists = Lists(self.ledger, self.expander)
        self.till = Till(self.ledger)
        self.invoices = Invoices(self.ledger, self.till)
        self.links = Links(self.ledger)
        self.writes = Writes(self.ledger, self.till)
        self.billing = Billing(self.ledger)
        self.balances = Balances(self.ledger)
        self.received = Received(self.ledger, self.invoices)
        self.deeds = Deeds(self.ledger, self.till)
        webhooks.set_up(world)
        self.hosted = Hosted(self.ledger, self.till, self.invoices, self.links)
        self.second = Window(100, 1)
        self.by_endpoint: dict[str, Window] = {}
        self.running: set[str] = set()

    @cached_property
    def _routes(self) -> list[Route]:
        return [*self._page_routes(), *self._reading_routes(), *self._writing_routes()]

    def routes(self) -> list[Route]:
        return self._routes

    def _page_routes(self) -> list[Route]:
        return [
            Route("GET", "/pay/{code}", self.hosted.show_link),
            Route("POST", "/pay/{code}", self.hosted.pay_link),
            Route("GET", "/c/{code}", self.hosted.show_session),
            Route("POST", "/c/{code}", self.hosted.pay_session),
            Route("GET", "/i/{code}", self.hosted.show_invoice),
            Route("POST", "/i/{code}", self.hosted.pay_invoice),
            Route("GET", "/i/{code}/pdf", self.hosted.pdf),
            Route("POST", "/deeds/{name}", self.deeds.do),
        ]

    def _reading_routes(self) -> list[Route]:
        lists = [Route("GET", f"/v1/{path}", partial(self.lists.all_of, kind=kind)) for path, kind in LISTED.items()]
        singles = [Route("GET", f"/v1/{path}/{{id}}", partial(self._get, kind=kind)) for path, kind in LISTED.items()]
        return [
            *lists,
            *singles,
            Route("GET", "/v1/account", self._account),
            Route("GET", "/v1/accounts/{id}", self._account),
            Route("GET", "/v1/invoices/{id}/lines", self._invoice_lines),
            Route("GET", "/v1/charges/{id}/refunds", self._charge_refunds),
            Route("GET", "/v1/payment_links/{id}/line_items", partial(self._items, kind="payment_link")),
            Route("GET", "/v1/checkout/sessions/{id}/line_items", partial(self._items, kind="checkout.session")),
            Route("GET", "/v1/customers/{id}/balance_transactions", self._customer_balance),
        ]

    def _writing_routes(self) -> list[Route]:
        return [
            Route("POST", "/v1/customers", self.writes.create_customer),
            Route("POST", "/v1/customers/{id}", self.writes.update_customer),
            Route("DELETE", "/v1/customers/{id}", self.writes.delete_customer),
            Route("DELETE", "/v1/invoices/{id}", self.invoices.delete),
            Route("POST", "/v1/invoices", self.billing.create_invoice),
            Route("POST", "/v1/invoiceitems", self.billing.create_item),
            Route("POST", "/v1/invoices/{id}", self.invoices.update),
            Route("POST", "/v1/invoices/{id}/attach_payment", self.received.attach),
            Route("POST", "/v1/payment_records/report_payment", self.received.report),
            Route("POST", "/v1/invoices/{id}/send", self.invoices.send),
            Route("POST", "/v1/invoices/{id}/pay", self.invoices.pay),
            Route("POST", "/v1/invoices/{id}/void", self.invoices.void),
            Route("POST", "/v1/invoices/{id}/finalize", self.invoices.finalize_invoice),
            Route("POST", "/v1/invoices/{id}/mark_uncollectible", self.invoices.mark_uncollectible),
            Route("POST", "/v1/credit_notes", self.writes.create_credit_note),
            Route("POST", "/v1/refunds", self.writes.create_refund),
            Route("POST", "/v1/payment_links", self.links.create),
            Route("POST", "/v1/payment_links/{id}", self.links.update),
            Route("POST", "/v1/checkout/sessions", self.links.create_session),
            Route("POST", "/v1/checkout/sessions/{id}/expire", self.links.expire_session),
        ]

    # -- reading ----------------------------------------------------------------------------------------------------

    def _get(self, call: Call, kind: str) -> Answer:
        return self._shown(call, self._wanted(kind, call.params["id"]))

    def _wanted(self, kind: str, identity: str) -> Record:
        record = self.ledger[kind].get(identity)
        if record is None:
            raise errors.missing(kind, identity)
        return record

    def _shown(self, call: Call, record: Record) -> Answer:
        return json_answer(self.expander.expand(self.ledger.shown(record), decode(call.query).get("expand")))

    def _account(self, call: Call) -> Answer:
        kept = self.world.setting("stripe.account")
        wanted = call.params.get("id")
        if kept is None or (wanted and wanted != kept["account"]["id"]):
            raise errors.refused(
                403, f"The provided key does not have access to account '{wanted}'", code="account_invalid"
            )
        return json_answer(kept["account"])

    def _invoice_lines(self, call: Call) -> Answer:
        return self.lists.nested(call, self._wanted("invoice", call.params["id"])["_lines"])

    def _charge_refunds(self, call: Call) -> Answer:
        rows = self.ledger["refund"].by("charge", self._wanted("charge", call.params["id"])["id"])
        return self.lists.page(call, decode(call.query), rows, "refund")

    def _items(self, call: Call, kind: str) -> Answer:
        return self.lists.nested(call, self._wanted(kind, call.params["id"])["_items"])

    def _customer_balance(self, call: Call) -> Answer:
        owner = self._wanted("customer", call.params["id"])["id"]
        rows = self.ledger["customer_balance_transaction"].by("customer", owner)
        return self.lists.page(call, decode(call.query), rows, "customer_balance_transaction")

    # -- the guard --------------------------------------------------------------------------------------------------

    def guard(self, call: Call) -> Answer | None:
        if not call.path.startswith("/v1"):
            return None
        return self._check_key(call) or self._throttle(call) or self._replay(call)

    def _check_key(self, call: Call) -> Answer | None:
        key = key_of(call)
        if not keys.is_known(key):
            return errors.error(401, f"Invalid API Key provided: {key[:8]}{'*' * 12}")
        account = self.world.setting("stripe.account")
        identity = account["account"]["id"] if account else ""
        if call.header("stripe-account") not in ("", identity):
            message = (
                f"The provided key '{key[:11]}***' does not have access to account '{call.header('stripe-account')}'"
            )
            return errors.error(403, message, code="account_invalid")
        return keys.refuse(call, key, identity)

    def _throttle(self, call: Call) -> Answer | None:
        if not self.limits_on:
            return None
        endpoint = f"{call.method} {'/'.join(call.path.split('/')[:3])}"
        window = self.by_endpoint.setdefault(endpoint, Window(25, 1))
        for reason, one in (("endpoint-rate", window), ("global-rate", self.second)):
            if not one.take(call.now):
                return rate_limited(reason)
        return None

    def _replay(self, call: Call) -> Answer | None:
        key = call.header("idempotency-key")
        if not key or call.method != "POST":
            return None
        if len(key) > 255:
            return errors.error(400, "Idempotency key is longer than 255 characters", code="idempotency_key_too_long")
        kept = self.ledger.answers.get(key)
        alive = kept is not None and call.now - read_instant(kept["at"]) < KEY_LIFE
        if kept is not None and alive and kept["digest"] != digest(call):
            message = f"Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
            return errors.error(400, message, kind="idempotency_error")
        if key in self.running:
            message = f"There is currently another in-progress request using this Idempotent Key ({key})."
            return errors.error(409, message, kind="idempotency_error", code="idempotency_key_in_use")
        if kept is None or not alive:
            return None
        return Answer(
            kept["status"],
            kept["body"].encode(),
            headers={"Idempotent-Replayed": "true", "Original-Request": kept["request"]},
        )

    def enter(self, call: Call) -> None:
        self.running.add(call.header("idempotency-key") if call.method == "POST" else "")

    def begin(self, call: Call) -> None:
        key = call.header("idempotency-key") or None
        if call.path.startswith("/v1"):  # what customers do on pages has no request
            self.ledger.request = {"id": f"req_{new_code(14)}", "idempotency_key": key}

    def leave(self, call: Call, answer: Answer) -> None:
        """Keeps what was executed, failures of the server included; refused parameters are not kept."""
        key, request = call.header("idempotency-key"), self.ledger.request["id"]
        self.ledger.request = dict(NO_REQUEST)
        self.running.discard(key if call.method == "POST" else "")
        if request:
            answer.headers["Request-Id"] = request
        if not key or call.method != "POST" or (400 <= answer.status < 500 and answer.status != 402):
            return
        kept = {"id": key, "digest": digest(call), "status": answer.status, "body": answer.body.decode()}
        self.ledger.answers.put({**kept, "at": call.now.isoformat(), "request": request or ""})

    def decorate(self, call: Call, answer: Answer) -> None:
        if call.path.startswith("/v1"):
            answer.headers.setdefault("Request-Id", f"req_{new_code(14)}")
            answer.headers["Stripe-Version"] = call.header("stripe-version") or "2026-10-28.endive"

    def not_found(self, call: Call) -> Answer:
        message = f"Unrecognized request URL ({call.method}: {call.path})."
        return errors.error(404, message)

    def refusal(self, fault_: Fault) -> Answer:
        if fault_.kind == "throttle":
            reason = str(fault_.options.get("reason", "global-rate"))
            return lock_timeout() if reason == "lock_timeout" else rate_limited(reason)
        if fault_.kind == "unauthorized":
            return errors.error(401, f"Expired API Key provided: {'*' * 20}")
        status = int(fault_.options.get("status", 500))
        answer = errors.error(status, "An unknown error occurred", kind="api_error")
        if "should_retry" in fault_.options:
            answer.headers["Stripe-Should-Retry"] = str(fault_.options["should_retry"]).lower()
        return answer


def key_of(call: Call) -> str:
    """Bearer, or HTTP Basic with the key as user name."""
    scheme, _, value = call.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return value.strip()
    try:
        return base64.b64decode(value).decode().split(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def digest(call: Call) -> str:
    return hashlib.sha256(f"{call.method} {call.path}\n".encode() + call.body).hexdigest()


def rate_limited(reason: str) -> Answer:
    answer = errors.error(429, "Request rate limit exceeded.", code="rate_limit")
    answer.headers["Stripe-Rate-Limited-Reason"] = reason
    return answer


def lock_timeout() -> Answer:
    message = "This object cannot be accessed right now because another API request is currently accessing it."
    answer = errors.error(429, message, code="lock_timeout")
    answer.headers["Stripe-Rate-Limited-Reason"] = "resource-specific"
    return answer
