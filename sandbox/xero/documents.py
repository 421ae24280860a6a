"""Invoices of Xero: create, update, void, e-mail, history, the online page's address."""

from __future__ import annotations

from sandbox.calls import Answer, Call
from sandbox.money import display, major
from sandbox.pdf import one_page
from sandbox.state import Record
from sandbox.world import new_code, new_guid
from sandbox.xero import render
from sandbox.xero.books import EDITABLE, Books
from sandbox.xero.errors import invalid, missing
from sandbox.xero.lists import envelope
from sandbox.xero.writes import Apply, Bulk, Element, Invalid, Writes, day_of

MAILABLE = ("SUBMITTED", "AUTHORISED", "PAID")
MOST_DETAILS = 2500


class Documents:
    def __init__(self, books: Books, writes: Writes) -> None:
        self.books = books
        self.writes = writes

    # -- create and update ------------------------------------------------------------------------------------------

    def put(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "Invoices")
        return bulk.run(lambda element: self._create(bulk, element))

    def post(self, call: Call) -> Answer:
        """Update or create: an element with the id or number of an invoice overwrites it."""
        bulk = Bulk(self.books, call, "Invoices")

        def prepare(element: Element) -> Apply:
            found = self._same(element)
            return self._update(bulk, found, element) if found else self._create(bulk, element)

        return bulk.run(prepare)

    def post_one(self, call: Call) -> Answer:
        found = self._wanted(call)
        bulk = Bulk(self.books, call, "Invoices")
        return bulk.run(lambda element: self._update(bulk, found, element), single=True)

    def _same(self, element: Element) -> Record | None:
        number = element.get("InvoiceNumber")
        same = self.books.invoices.by("number", f"{element.get('Type', 'ACCREC')}/{number}") if number else []
        return self.books.invoices.get(str(element.get("InvoiceID", ""))) or next(iter(same), None)

    def _create(self, bulk: Bulk, element: Element) -> Apply:
        contact, currency = self.writes.contact_of(element), str(element.get("CurrencyCode") or "GBP")
        kind, number = element.get("Type"), element.get("InvoiceNumber")
        if kind not in ("ACCREC", "ACCPAY"):
            raise Invalid("Invoice Type is not valid")
        if kind == "ACCREC" and number and self.books.invoices.by("number", f"ACCREC/{number}"):
            raise Invalid("Invoice # must be unique.")
        lines = self.writes.lines_of(element, currency)
        on = day_of(element, "Date", bulk.call.now.date().isoformat())
        status = str(element.get("Status", "DRAFT"))
        if status == "AUTHORISED" and not element.get("DueDate"):
            raise Invalid("The DueDate field is required when the Status is AUTHORISED")
        if status == "AUTHORISED":
            self.writes.check_open(on)

        def apply() -> Record:
            owner = self.writes.kept(contact)["id"]
            record: Record = {"id": new_guid(), "type": kind, "contact": owner, "date": on, "lines": lines}
            record |= {"number": number or f"INV-{len(self.books.invoices) + 10001}", "currency": currency, "rate": 1.0}
            record |= {"due_date": day_of(element, "DueDate", "") or None, "status": status}
            record["sent"] = status == "AUTHORISED" and bool(element.get("SentToContact"))
            record |= {"reference": str(element.get("Reference") or ""), "theme": next(iter(self.books.themes))["id"]}
            record |= {"line_amounts": element.get("LineAmountTypes", "Exclusive"), "code": new_code(40)}
            self.books.touch(record)
            self._effect("invoice", record["id"], bulk.key)
            return render.invoice(self.books, record)

        return apply

    def _update(self, bulk: Bulk, record: Record, element: Element) -> Apply:
        status = element.get("Status")
        if status and status != record["status"]:
            self._check_move(record, str(status))
        elif self.books.status(record) == "PAID" and set(element) - {"InvoiceID", "InvoiceNumber", "Url", "Reference"}:
            raise Invalid("Invoice not of valid status for modification")
        if element.get("LineItems") is not None and (self.books.paid(record) or self.books.credited(record)):
            raise Invalid("Line items cannot be changed: the invoice has payments or credits")
        if status in ("AUTHORISED", "VOIDED") and status != record["status"]:
            self.writes.check_open(record["date"])

        def apply() -> Record:
            self._change(record, element)
            self.books.touch(record)
            kind = {"VOIDED": "void", "DELETED": "delete"}.get(str(status), "invoice_update")
            self._effect(kind, record["id"], bulk.key)
            return render.invoice(self.books, record)

        return apply

    def _check_move(self, record: Record, status: str) -> None:
        allowed = {"DRAFT": ("SUBMITTED", "AUTHORISED", "DELETED"), "SUBMITTED": ("DRAFT", "AUTHORISED", "DELETED")}
        if record["status"] == "AUTHORISED" and status == "VOIDED":
            if self.books.paid(record) or self.books.credited(record):
                raise Invalid("Invoice cannot be voided: it has payments or credits allocated to it")
        elif record["status"] not in EDITABLE or status not in allowed.get(record["status"], ()):
            raise Invalid("Invoice not of valid status for modification")

    def _change(self, record: Record, element: Element) -> None:
        texts = {"Reference": "reference", "Url": "url", "Status": "status", "InvoiceNumber": "number"}
        record |= {ours: element[theirs] for theirs, ours in texts.items() if element.get(theirs) is not None}
        for theirs, ours in (("Date", "date"), ("DueDate", "due_date")):
            if element.get(theirs):
                record[ours] = day_of(element, theirs, "")
        if element.get("LineItems") is not None:
            record["lines"] = self.writes.lines_of(element, record["currency"])
        if element.get("SentToContact") is not None:
            record["sent"] = bool(element["SentToContact"])

    # -- mail, link, history ----------------------------------------------------------------------------------------

    def email(self, call: Call) -> Answer:
        """Sends the organisation's own words to the contact; nothing in the call can change text or recipient."""
        record = self._wanted(call)
        if record["type"] != "ACCREC" or self.books.status(record) not in MAILABLE:
            raise invalid("Invoice must be an ACCREC of status SUBMITTED, AUTHORISED or PAID", InvoiceID=record["id"])
        contact = self.books.contacts[record["contact"]]
        if not contact["email"]:
            raise invalid("The contact must have an email address", InvoiceID=record["id"])
        self._count_mail(record)
        to = [contact["email"], *(one["email"] for one in contact["persons"] if one["include"] and one["email"])]
        due = display(self.books.due(record), record["currency"])
        seller = self.books.organisation["name"]
        self.books.world.mailbox.platform_mail(
            "xero",
            to=to,
            subject=f"Invoice {record['number']} from {seller} for {contact['name']}",
            text=f"Here's invoice {record['number']}, amount due {due}.\nView and pay online: {self.link(record)}",
            invoice={"id": record["id"], "number": record["number"]},
        )
        record["sent"] = True
        self.books.touch(record)
        self.books.note(record["id"], "Invoice Sent", f"This invoice has been sent to {', '.join(to)}")
        self._effect("email", record["id"], call.header("idempotency-key") or None, to=to)
        return Answer(204)

    def _count_mail(self, record: Record) -> None:
        """Xero sends only so many a day; how many, and its words for it, are not published."""
        most, today = self.books.organisation.get("emails_a_day"), self.books.world.clock.now().date().isoformat()
        if most is None:
            return
        sent = [one for one in self.books.world.effects.all() if (one["platform"], one["kind"]) == ("xero", "email")]
        if sum(one["at"].startswith(today) for one in sent) >= most:
            raise invalid("The daily email limit of this organisation has been reached", InvoiceID=record["id"])

    def link(self, record: Record) -> str:
        return f"{self.books.world.address['xero']}/in/{record['code']}"

    def online_invoice(self, call: Call) -> Answer:
        record = self._wanted(call)
        if record["type"] != "ACCREC" or record["status"] in ("DRAFT", "DELETED"):
            raise invalid("Online invoices are not available for this invoice", InvoiceID=record["id"])
        return envelope(call, OnlineInvoices=[{"OnlineInvoiceUrl": self.link(record)}])

    def history(self, call: Call) -> Answer:
        target = self._any(call)
        found = self.books.history.by("target", target)
        return envelope(call, HistoryRecords=[render.history(one) for one in reversed(found)])

    def add_history(self, call: Call) -> Answer:
        target = self._any(call)
        bulk = Bulk(self.books, call, "HistoryRecords")

        def prepare(element: Element) -> Apply:
            details = str(element.get("Details") or "")
            if not details or len(details) > MOST_DETAILS:
                raise Invalid(f"Details is required and has at most {MOST_DETAILS} characters")

            def apply() -> Record:
                entry = self.books.note(target, "Note", details, "Harbour Admin")
                self._effect("note", target, bulk.key, details=details)
                return render.history(entry)

            return apply

        return bulk.run(prepare, single=True)

    def get(self, call: Call) -> Answer:
        """As JSON, or as a PDF for who accepts nothing else."""
        if "application/pdf" in call.header("accept").lower():
            return self._pdf(self._wanted(call))
        return envelope(call, Invoices=[self._full(self._wanted(call))])

    def _pdf(self, record: Record) -> Answer:
        owner, due = self.books.contacts[record["contact"]]["name"], self.books.due(record)
        lines = [
            self.books.organisation["name"],
            f"Invoice {record['number']}",
            f"To {owner}",
            f"Date {record['date']}",
        ]
        lines += [f"{line['description']}  {display(line['amount'], record['currency'])}" for line in record["lines"]]
        page = one_page([*lines, f"Amount due {display(due, record['currency'])}"])
        return Answer(200, page, "application/pdf")

    def _full(self, record: Record) -> Record:
        """By id the contact comes with its addresses, and what the total was rounded by is shown."""
        shown = render.invoice(self.books, record)
        if record.get("rounding"):
            shown["RoundingAmount"] = major(record["rounding"], record["currency"])
        contact = self.books.contacts[record["contact"]]
        more = {
            "ContactStatus": contact["status"],
            "EmailAddress": contact["email"],
            "FirstName": contact["first_name"],
        }
        shown["Contact"] |= {**more, "LastName": contact["last_name"], "Addresses": render.addresses(contact)}
        shown["Contact"]["ContactPersons"] = [render.person(one) for one in contact["persons"]]
        return shown

    def _wanted(self, call: Call) -> Record:
        identity = call.params["id"]
        found = self.books.invoices.get(identity.lower()) or next(
            iter(self.books.invoices.by("number", f"ACCREC/{identity}")), None
        )
        if found is None:
            raise missing()
        return found

    def _any(self, call: Call) -> str:
        identity = call.params["id"]
        known = (self.books.invoices, self.books.credits, self.books.contacts, self.books.payments)
        if not any(identity in table for table in known):
            raise missing()
        return identity

    def _effect(self, kind: str, target: str, key: str | None, **detail: object) -> None:
        self.books.world.effects.add("xero", kind, target, key=key, **detail)
