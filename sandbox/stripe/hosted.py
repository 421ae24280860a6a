"""Stripe's pages for customers: payment links, checkout sessions, hosted invoices; and bank debits coming in."""

from __future__ import annotations

from sandbox.calls import Answer, Call, html_answer
from sandbox.money import display
from sandbox.pages import document_page, plain_page
from sandbox.pdf import one_page
from sandbox.state import Record
from sandbox.stripe import objects
from sandbox.stripe.forms import metadata
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.links import Links
from sandbox.stripe.till import Till

INACTIVE = "This payment link is no longer active"


class Hosted:
    def __init__(self, ledger: Ledger, till: Till, invoices: Invoices, links: Links) -> None:
        self.ledger = ledger
        self.till = till
        self.invoices = invoices
        self.links = links
        ledger.world.charge = self.charge_for_books
        ledger.world.settlers.append(self.settle)

    def _by_code(self, kind: str, call: Call) -> Record | None:
        return next((one for one in self.ledger[kind] if one["_code"] == call.params["code"]), None)

    def _seller(self) -> str:
        account = self.ledger.world.setting("stripe.account")
        return str(account["account"]["business_profile"]["name"]) if account else ""

    # -- payment links ----------------------------------------------------------------------------------------------

    def _usable(self, link: Record | None) -> bool:
        if link is None or not link["active"]:
            return False
        limit = (link["restrictions"] or {}).get("completed_sessions")
        return limit is None or int(limit["count"]) < int(limit["limit"])

    def show_link(self, call: Call) -> Answer:
        link = self._by_code("payment_link", call)
        if link is None or not self._usable(link):
            return plain_page((link or {}).get("inactive_message") or INACTIVE, 404 if link is None else 200)
        amount = sum(one["amount_total"] for one in link["_items"])
        title = ", ".join(one["description"] for one in link["_items"])
        return html_answer(document_page(self._seller(), title, display(amount, link["currency"]), payable=True))

    def pay_link(self, call: Call) -> Answer:
        link = self._by_code("payment_link", call)
        if link is None or not self._usable(link):
            return plain_page((link or {}).get("inactive_message") or INACTIVE, 404 if link is None else 409)
        form = {"metadata": dict(link["metadata"])} if link["metadata"] else {}
        session = self.links.new_session(link["_items"], {**form, "payment_intent_data": link["payment_intent_data"]})
        session["payment_link"] = link["id"]
        if link["restrictions"]:
            done = link["restrictions"]["completed_sessions"]
            self.ledger.update(link, restrictions={"completed_sessions": {**done, "count": done["count"] + 1}})
        return self._complete(session, call)

    # -- checkout sessions ------------------------------------------------------------------------------------------

    def show_session(self, call: Call) -> Answer:
        session = self._by_code("checkout.session", call)
        if session is None or not self._open(session):
            return plain_page("This checkout session has expired", 404 if session is None else 200)
        amount = display(session["amount_total"], session["currency"])
        title = ", ".join(one["description"] for one in session["_items"])
        return html_answer(document_page(self._seller(), title, amount, payable=True))

    def _open(self, session: Record) -> bool:
        return bool(session["status"] == "open" and session["expires_at"] > self.ledger.now())

    def pay_session(self, call: Call) -> Answer:
        session = self._by_code("checkout.session", call)
        if session is None or not self._open(session):
            return plain_page("This checkout session has expired", 404 if session is None else 409)
        return self._complete(session, call)

    def _complete(self, session: Record, call: Call) -> Answer:
        """Metadata of the session stays on the session: only payment_intent_data reaches intent and charge."""
        form, data = dict(call.form()), session["_intent_data"] or {}
        kept = metadata({}, data["metadata"]) if data.get("metadata") else {}
        email = form.get("email") or session["customer_email"] or "customer@buyer.example"
        intent = self.till.intend(
            session["amount_total"], session["currency"], metadata=kept, receipt_email=email,
            customer=session["customer"], description=data.get("description"),
        )  # fmt: skip
        charge = self.till.pay(intent, form.get("method", "card"))
        details: Record = {
            "address": objects.NO_ADDRESS,
            "email": email,
            "name": form.get("name"),
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        }
        session |= {"status": "complete", "payment_intent": intent["id"], "url": None, "customer_details": details}
        session["payment_status"] = "paid" if charge["paid"] else "unpaid"
        self.ledger.put(session)
        self.ledger.emit("checkout.session.completed", session)
        target = session["payment_link"] or session["id"]
        self.ledger.world.effects.add("stripe", "customer_payment", target, amount=intent["amount"])
        return plain_page(
            "Thank you. Your payment has been received." if charge["paid"] else "Your payment is pending."
        )

    # -- hosted invoices --------------------------------------------------------------------------------------------

    def show_invoice(self, call: Call) -> Answer:
        invoice = self._by_code("invoice", call)
        if invoice is None or invoice["status"] == "draft":
            return plain_page("Invoice not found", 404)
        left = self.ledger.amount_remaining(invoice)
        payable = invoice["status"] in ("open", "uncollectible") and self._default_row(invoice) is not None
        title = f"Invoice {invoice['number']}"
        return html_answer(
            document_page(self._seller(), title, f"Due {display(left, invoice['currency'])}", payable=payable)
        )

    def pdf(self, call: Call) -> Answer:
        invoice = self._by_code("invoice", call)
        if invoice is None or invoice["status"] == "draft":
            return plain_page("Invoice not found", 404)
        words = f"Invoice {invoice['number']}, total {display(invoice['total'], invoice['currency'])}"
        return Answer(200, one_page([words]), "application/pdf")

    def _default_row(self, invoice: Record) -> Record | None:
        """The open default payment, unless a bank debit is already on its way with it."""
        for row in self.ledger.payments_of(invoice):
            if row["status"] == "open":
                intent = self.ledger["payment_intent"][row["payment"]["payment_intent"]]
                return row if intent["status"] == "requires_payment_method" else None
        return None

    def pay_invoice(self, call: Call) -> Answer:
        invoice = self._by_code("invoice", call)
        row = self._default_row(invoice) if invoice is not None else None
        if invoice is None or row is None or invoice["status"] not in ("open", "uncollectible"):
            return plain_page("This invoice cannot be paid", 409)
        form, left = dict(call.form()), self.ledger.amount_remaining(invoice)
        amount = int(form.get("amount") or left)
        if not 0 < amount <= left:
            return plain_page("This amount cannot be paid", 409)
        intent = self.ledger["payment_intent"][row["payment"]["payment_intent"]]
        self.ledger.update(intent, amount=amount, receipt_email=invoice["customer_email"])
        charge = self.till.pay(intent, form.get("method", "card"))
        self.ledger.world.effects.add("stripe", "customer_payment", invoice["id"], amount=amount)
        if charge["paid"]:
            self._settle_row(invoice, row, amount)
        return plain_page(
            "Thank you. Your payment has been received." if charge["paid"] else "Your payment is pending."
        )

    def _settle_row(self, invoice: Record, row: Record, amount: int) -> None:
        self.invoices.settle(row, amount)
        if self.ledger.amount_remaining(invoice):
            self.invoices.open_payment(invoice, self.ledger.now())

    # -- the processor behind the books' pages, and bank debits -----------------------------------------------------

    def charge_for_books(
        self, amount: int, currency: str, text: str, email: str, method: str, pays: dict[str, str]
    ) -> Record:
        intent = self.till.intend(amount, currency, description=text, receipt_email=email)
        charge = self.till.pay(intent, method)
        self.ledger.world.truth.put({"id": charge["id"], "kind": "charge", "pays": pays, "posted": True})
        return charge

    def settle(self) -> int:
        """Every bank debit on its way comes in. Returns how many did."""
        waiting = [one for one in self.ledger["charge"] if one["status"] == "pending"]
        for charge in waiting:
            intent = self.ledger["payment_intent"][charge["payment_intent"]]
            self.till.succeed(intent, charge)
            for row in self.ledger["invoice_payment"].by("intent", intent["id"]):
                self._settle_row(self.ledger["invoice"][row["invoice"]], row, intent["amount"])
            for session in self.ledger["checkout.session"].by("payment_intent", intent["id"]):
                self.ledger.update(session, payment_status="paid")
                self.ledger.emit("checkout.session.async_payment_succeeded", session)
            for listener in self.ledger.world.when_settled:
                listener(charge["id"])
        return len(waiting)
