"""Payment links and checkout sessions."""

from __future__ import annotations

from typing import Any

from sandbox.calls import Answer, Call, json_answer
from sandbox.state import Record
from sandbox.stripe import errors, sales
from sandbox.stripe.expand import Expander
from sandbox.stripe.forms import Form, boolean, decode, integer, metadata
from sandbox.stripe.ledger import Ledger
from sandbox.world import new_code

LINK_FIELDS = (
    "line_items", "metadata", "payment_intent_data", "restrictions", "active", "expand", "currency", "after_completion",
    "inactive_message", "payment_method_types", "customer_creation", "submit_type", "allow_promotion_codes",
    "billing_address_collection", "custom_text", "phone_number_collection", "tax_id_collection", "invoice_creation",
)  # fmt: skip
SESSION_FIELDS = (
    "line_items", "metadata", "payment_intent_data", "mode", "success_url", "cancel_url", "customer", "customer_email",
    "client_reference_id", "expires_at", "expand", "payment_method_types", "locale",
)  # fmt: skip


class Links:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    # -- payment links ----------------------------------------------------------------------------------------------

    def create(self, call: Call) -> Answer:
        form = self._known(call, LINK_FIELDS)
        items, code = self._items(form), new_code(18)
        url = f"{self.ledger.world.address['stripe']}/pay/{code}"
        currency = items[0]["currency"]
        link = sales.payment_link(self.ledger.now(), currency=currency, items=items, url=url, code=code)
        link["metadata"] = metadata({}, form["metadata"]) if "metadata" in form else {}
        link["inactive_message"] = form.get("inactive_message")
        link["after_completion"] = self._after(form, link["after_completion"])
        self._set_restrictions(link, form)
        if "payment_intent_data" in form:
            data = form["payment_intent_data"]
            blank: Record = {"capture_method": None, "description": None, "metadata": {}, "setup_future_usage": None}
            link["payment_intent_data"] = {**blank, "statement_descriptor": None, "transfer_group": None, **data}
        self.ledger.put(link)
        self.ledger.emit("payment_link.created", link)
        self._effect(call, "payment_link", link, amount=items[0]["amount_total"], metadata=link["metadata"])
        return self._shown(link, form)

    def _after(self, form: Form, default: Record) -> Record:
        given = form.get("after_completion")
        return {**default, **given} if isinstance(given, dict) else default

    def update(self, call: Call) -> Answer:
        link, form = self._wanted(call, "payment_link"), self._known(call, LINK_FIELDS)
        changes: Record = {}
        if "active" in form:
            changes["active"] = boolean(form["active"])
        if "metadata" in form:
            changes["metadata"] = metadata(link["metadata"], form["metadata"])
        if "inactive_message" in form:
            changes["inactive_message"] = form["inactive_message"] or None
        previous = self.ledger.update(link, **changes)
        self._set_restrictions(link, form)
        self.ledger.emit("payment_link.updated", link, previous)
        kind = "payment_link_closed" if changes.get("active") is False else "payment_link_update"
        self._effect(call, kind, link)
        return self._shown(link, form)

    def _set_restrictions(self, link: Record, form: Form) -> None:
        limit = ((form.get("restrictions") or {}).get("completed_sessions") or {}).get("limit")
        if limit is not None:
            done = ((link["restrictions"] or {}).get("completed_sessions") or {}).get("count", 0)
            wanted = integer(limit, "restrictions[completed_sessions][limit]")
            link["restrictions"] = {"completed_sessions": {"count": done, "limit": wanted}}
            self.ledger.put(link)

    # -- checkout sessions ------------------------------------------------------------------------------------------

    def create_session(self, call: Call) -> Answer:
        form = self._known(call, SESSION_FIELDS)
        if form.get("mode") != "payment":
            raise errors.invalid("mode", "The sandbox knows mode=payment only", code="parameter_invalid")
        items = self._items(form)
        session = self.new_session(items, form)
        self.ledger.put(session)
        self._effect(call, "checkout_session", session, amount=session["amount_total"])
        return self._shown(session, form)

    def new_session(self, items: list[Record], form: Form) -> Record:
        code, now = new_code(40), self.ledger.now()
        url = f"{self.ledger.world.address['stripe']}/c/{code}"
        session = sales.session(now, currency=items[0]["currency"], items=items, url=url, code=code)
        session["metadata"] = metadata({}, form["metadata"]) if "metadata" in form else {}
        session |= {
            name: form[name] for name in ("success_url", "cancel_url", "customer_email", "customer") if name in form
        }
        session["client_reference_id"] = form.get("client_reference_id")
        session["_intent_data"] = form.get("payment_intent_data") or {}
        if "expires_at" in form:
            wanted = integer(form["expires_at"], "expires_at")
            if not 30 * 60 <= wanted - now <= 86_400 + 60:
                raise errors.invalid("expires_at", "expires_at must be between 30 minutes and 24 hours from now")
            session["expires_at"] = wanted
        return session

    def expire_session(self, call: Call) -> Answer:
        session = self._wanted(call, "checkout.session")
        if session["status"] != "open":
            raise errors.refused(400, "Only open Checkout Sessions can be expired", code="parameter_invalid")
        self.ledger.update(session, status="expired", url=None)
        self.ledger.emit("checkout.session.expired", session)
        self._effect(call, "checkout_session_expired", session)
        return self._shown(session, decode(call.form()))

    # -- line items -------------------------------------------------------------------------------------------------

    def _items(self, form: Form) -> list[Record]:
        given = form.get("line_items")
        if not isinstance(given, list) or not given:
            raise errors.required("line_items")
        items = [self._item(one, place) for place, one in enumerate(given)]
        if len({one["currency"] for one in items}) > 1:
            raise errors.invalid("line_items", "All line items must have the same currency", code="parameter_invalid")
        return items

    def _item(self, one: Any, place: int) -> Record:
        quantity = integer(one.get("quantity", "1"), f"line_items[{place}][quantity]")
        if "price" in one:
            price = self.ledger["price"].get(str(one["price"]))
            if price is None:
                raise errors.missing("price", str(one["price"]), f"line_items[{place}][price]", 400)
            return sales.item(price, self.ledger["product"][price["product"]], quantity)
        data, name = one.get("price_data") or {}, f"line_items[{place}][price_data]"
        for field in ("currency", "unit_amount"):
            if field not in data:
                raise errors.required(f"{name}[{field}]")
        title = (data.get("product_data") or {}).get("name")
        if not title:
            raise errors.required(f"{name}[product_data][name]")
        return self._priced(data, str(title), quantity, name)

    def _priced(self, data: Form, title: str, quantity: int, name: str) -> Record:
        amount, now = integer(data["unit_amount"], f"{name}[unit_amount]"), self.ledger.now()
        if amount * quantity < 30:
            message = "The Checkout Session's total amount must convert to at least 30 pence"
            raise errors.invalid(name, message, code="amount_too_small")
        product = self.ledger.put(sales.product(now, title))
        price = sales.price(now, product=product["id"], currency=str(data["currency"]).lower(), unit_amount=amount)
        return sales.item(self.ledger.put(price), product, quantity)

    # -- shared -----------------------------------------------------------------------------------------------------

    def _known(self, call: Call, fields: tuple[str, ...]) -> Form:
        form = decode(call.form())
        for name in form:
            if name not in fields:
                raise errors.unknown_parameter(name)
        return form

    def _wanted(self, call: Call, kind: str) -> Record:
        found = self.ledger[kind].get(call.params["id"])
        if found is None:
            raise errors.missing(kind, call.params["id"])
        return found

    def _shown(self, record: Record, form: Form) -> Answer:
        return json_answer(Expander(self.ledger).expand(self.ledger.shown(record), form.get("expand")))

    def _effect(self, call: Call, kind: str, record: Record, **detail: object) -> None:
        key = call.header("idempotency-key") or None
        self.ledger.world.effects.add("stripe", kind, record["id"], key=key, **detail)
