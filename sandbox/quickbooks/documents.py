"""Invoices, credit memos, notes and customers of QuickBooks: create, update, void, delete, send."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.calls import Answer, Call, json_answer
from sandbox.money import display
from sandbox.quickbooks.bodies import Bodies, Body
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.credits import apply_open_credit
from sandbox.quickbooks.errors import Faults
from sandbox.quickbooks.payments import voided_note
from sandbox.quickbooks.render import RENDER, stamp
from sandbox.state import Record
from sandbox.world import new_code

MOST_NOTE = 4000
MOST_MEMO = 1000
RECEIPTS = ("RefundReceipt", "SalesReceipt")


class Documents:
    def __init__(self, books: Books) -> None:
        self.books = books

    def post_invoice(self, call: Call) -> Answer:
        return self._post(call, "Invoice")

    def post_credit_memo(self, call: Call) -> Answer:
        return self._post(call, "CreditMemo")

    def post_refund_receipt(self, call: Call) -> Answer:
        return self._post(call, "RefundReceipt")

    def post_sales_receipt(self, call: Call) -> Answer:
        return self._post(call, "SalesReceipt")

    def _post(self, call: Call, entity: str) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        bodies.known(body, entity)
        if body.get("Id") is None:
            return self._shown(call, entity, self._create(bodies, entity, body))
        record = bodies.current(entity, body)
        if call.argument("operation") == "delete":
            return self._delete(call, entity, record)
        if "void" in (call.argument("operation"), call.argument("include")):
            return self._shown(call, entity, self._void(call, entity, record))
        return self._shown(call, entity, self._update(bodies, entity, record, body))

    def _create(self, bodies: Bodies, entity: str, body: Body) -> Record:
        customer = bodies.customer(body)
        currency = bodies.reference(body, "CurrencyRef") or customer["currency"]
        lines = bodies.sales_lines(body, currency)
        number = str(body.get("DocNumber") or f"{entity[0]}{1000 + len(self.books[entity]) + 1}")
        if self.books[entity].by("number", number):
            raise bodies.faults.duplicate_number(number)
        on = bodies.open_day(body, bodies.call.now.date().isoformat())
        record: Record = {
            "customer": customer["id"],
            "currency": currency,
            "number": number,
            "lines": lines,
            "date": on,
        }
        record |= {"tax": bodies.tax(body, lines, currency), "email_status": "NotSet", "voided": False}
        record |= {"note": body.get("PrivateNote"), "memo": (body.get("CustomerMemo") or {}).get("value")}
        record |= {"bill_email": (body.get("BillEmail") or {}).get("Address") or customer["email"] or None}
        if entity in RECEIPTS:
            account = bodies.account(body, "DepositToAccountRef")
            record |= {"account": account, "reference": body.get("PaymentRefNum")}
        if entity == "Invoice":
            due = (date.fromisoformat(str(on)) + timedelta(days=30)).isoformat()
            online = bool(body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment"))
            record |= {
                "due_date": bodies.day(body, "DueDate", due),
                "online": online,
                "deposit": 0,
                "code": new_code(32),
            }
            record |= {"terms": bodies.reference(body, "SalesTermRef")}
        kept = self.books.create(entity, record)
        self._effect(bodies.call, entity.lower(), f"{entity}/{kept['id']}")
        if self.books.company.get("auto_apply_credit"):
            apply_open_credit(self.books, customer["id"], on)
        return kept

    def _update(self, bodies: Bodies, entity: str, record: Record, body: Body) -> Record:
        """`sparse` leaves out what stays; a full update clears every writable field it leaves out."""
        sparse = bool(body.get("sparse"))
        if "Line" in body or not sparse:
            lines = bodies.sales_lines(body, record["currency"])
            record |= {"lines": lines, "tax": bodies.tax(body, lines, record["currency"])}
        texts = {"PrivateNote": body.get("PrivateNote"), "CustomerMemo": (body.get("CustomerMemo") or {}).get("value")}
        if len(texts["PrivateNote"] or "") > MOST_NOTE or len(texts["CustomerMemo"] or "") > MOST_MEMO:
            raise bodies.faults.unsupported("PrivateNote or CustomerMemo is too long")
        for theirs, ours in (("PrivateNote", "note"), ("CustomerMemo", "memo")):
            if theirs in body or not sparse:
                record[ours] = texts[theirs]
        self._update_invoice(bodies, record, body, sparse=sparse)
        self.books.touch(entity, record)
        self._effect(bodies.call, f"{entity.lower()}_update", f"{entity}/{record['id']}", fields=sorted(body))
        return record

    def _update_invoice(self, bodies: Bodies, record: Record, body: Body, *, sparse: bool) -> None:
        if "BillEmail" in body or not sparse:
            record["bill_email"] = (body.get("BillEmail") or {}).get("Address")
        if "due_date" in record and ("DueDate" in body or not sparse):
            record["due_date"] = bodies.day(body, "DueDate", None)
        if "EmailStatus" in body:
            record["email_status"] = body["EmailStatus"]
        if "online" in record and ("AllowOnlineCreditCardPayment" in body or "AllowOnlineACHPayment" in body):
            record["online"] = bool(body.get("AllowOnlineCreditCardPayment") or body.get("AllowOnlineACHPayment"))

    def _void(self, call: Call, entity: str, record: Record) -> Record:
        self.books.unlink(entity, record)
        for line in record["lines"]:
            line |= {"amount": 0, "unit": 0}
        record |= {"voided": True, "note": voided_note(record)}
        self.books.touch(entity, record, "Void")
        self._effect(call, "void", f"{entity}/{record['id']}")
        return record

    def _delete(self, call: Call, entity: str, record: Record) -> Answer:
        self.books.unlink(entity, record)
        self.books.delete(entity, record)
        self._effect(call, "delete", f"{entity}/{record['id']}")
        return json_answer(
            {entity: {"domain": "QBO", "status": "Deleted", "Id": record["id"]}, "time": stamp(call.now)}
        )

    # -- mail and notes ---------------------------------------------------------------------------------------------

    def send(self, call: Call) -> Answer:
        """Mails the invoice with the company's template to sendTo or BillEmail; sendTo replaces BillEmail."""
        record = self.books["Invoice"].get(call.params["id"])
        if record is None:
            raise Faults(call.now).not_found()
        to = call.argument("sendTo") or record.get("bill_email")
        if not to or "@" not in to:
            raise Faults(call.now).business("An email address is required to send this document")
        self._mail(record, to)
        record |= {"bill_email": to, "email_status": "EmailSent", "delivered": self.books.now()}
        self.books.touch("Invoice", record, "Emailed")
        self._effect(call, "email", f"Invoice/{record['id']}", to=[to])
        return self._shown(call, "Invoice", record)

    def _mail(self, record: Record, to: str) -> None:
        seller = self.books.company["name"]
        due = display(self.books.balance(record), record["currency"])
        link = (
            f"\nReview and pay: {self.books.world.address['quickbooks']}/pay/{record['code']}"
            if record["online"]
            else ""
        )
        memo = f"\n{record['memo']}" if record.get("memo") else ""
        self.books.world.mailbox.platform_mail(
            "quickbooks",
            to=[address.strip() for address in to.split(",")],
            subject=f"Invoice {record['number'] or ''} from {seller}",
            text=f"Your invoice is attached. Balance due: {due}.{memo}{link}",
            invoice={"id": record["id"], "number": record["number"]},
        )

    def post_attachable(self, call: Call) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        if not body.get("Note"):
            raise bodies.faults.required("Note")
        references = [one.get("EntityRef") or {} for one in body.get("AttachableRef") or []]
        targets = [(str(one.get("type")), str(one.get("value"))) for one in references]
        for kind, identity in targets:
            if kind not in self.books.tables or identity not in self.books[kind]:
                raise bodies.faults.not_found(f"{kind} {identity}")
        record = self.books.create("Attachable", {"note": str(body["Note"]), "links": [list(one) for one in targets]})
        for kind, identity in targets:
            self._effect(call, "note", f"{kind}/{identity}", details=record["note"])
        return self._shown(call, "Attachable", record)

    # -- customers --------------------------------------------------------------------------------------------------

    def post_customer(self, call: Call) -> Answer:
        bodies = Bodies(self.books, call)
        body = bodies.json()
        if body.get("Id") is not None:
            return self._shown(call, "Customer", self._update_customer(bodies, body))
        name = str(body.get("DisplayName") or "")
        if not name:
            raise bodies.faults.required("DisplayName")
        if self.books["Customer"].by("name", name.lower()):
            raise bodies.faults.duplicate_name()
        record: Record = {"name": name, "company": name, "given": "", "family": "", "phone": "", "terms": None}
        record |= {"email": (body.get("PrimaryEmailAddr") or {}).get("Address") or "", "active": True}
        record |= {"parent": bodies.reference(body, "ParentRef"), "address": ["", "", "", "GB"]}
        record |= {"currency": bodies.reference(body, "CurrencyRef") or self.books.company["currency"]}
        kept = self.books.create("Customer", record)
        self._effect(call, "customer", f"Customer/{kept['id']}")
        return self._shown(call, "Customer", kept)

    def _update_customer(self, bodies: Bodies, body: Body) -> Record:
        record = bodies.current("Customer", body)
        if "DisplayName" in body:
            record["name"] = str(body["DisplayName"])
        if "PrimaryEmailAddr" in body:
            record["email"] = (body["PrimaryEmailAddr"] or {}).get("Address") or ""
        if "Active" in body:
            record["active"] = bool(body["Active"])
        self.books.touch("Customer", record)
        self._effect(bodies.call, "customer_update", f"Customer/{record['id']}")
        return record

    def _shown(self, call: Call, entity: str, record: Record) -> Answer:
        return json_answer({entity: RENDER[entity](self.books, record), "time": stamp(call.now)})

    def _effect(self, call: Call, kind: str, target: str, **detail: object) -> None:
        key = call.argument("requestid") or None
        self.books.world.effects.add("quickbooks", kind, target, key=key, **detail)
