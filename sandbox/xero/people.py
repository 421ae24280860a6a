"""Contacts of Xero: read one, create, update."""

from __future__ import annotations

from sandbox.calls import Answer, Call
from sandbox.state import Record
from sandbox.xero import render
from sandbox.xero.books import Books, blank_contact
from sandbox.xero.errors import missing
from sandbox.xero.lists import envelope
from sandbox.xero.writes import Apply, Bulk, Element, Invalid

NAMES = {"Name": "name", "FirstName": "first_name", "LastName": "last_name", "EmailAddress": "email"}


class People:
    def __init__(self, books: Books) -> None:
        self.books = books

    def get(self, call: Call) -> Answer:
        record = self.books.contacts.get(call.params["id"].lower())
        if record is None:
            raise missing()
        return envelope(call, Contacts=[render.contact(self.books, record, call.now.date().isoformat())])

    def save(self, call: Call) -> Answer:
        """POST and PUT: an element with a known ContactID updates, any other creates."""
        bulk = Bulk(self.books, call, "Contacts")
        return bulk.run(lambda element: self._save(bulk, element))

    def save_one(self, call: Call) -> Answer:
        bulk = Bulk(self.books, call, "Contacts")
        return bulk.run(lambda element: self._save(bulk, {**element, "ContactID": call.params["id"]}), single=True)

    def _save(self, bulk: Bulk, element: Element) -> Apply:
        found = self.books.contacts.get(str(element.get("ContactID", "")))
        name = str(element.get("Name") or (found or {}).get("name") or "")
        if not name:
            raise Invalid("The contact name must be specified.")
        same = [one for one in self.books.contacts.by("name", name.lower()) if one is not found]
        if same:
            raise Invalid(f"The contact name {name} is already assigned to another contact.")

        def apply() -> Record:
            record = found or blank_contact()
            record |= {ours: element[theirs] for theirs, ours in NAMES.items() if theirs in element}
            record["status"] = element.get("ContactStatus", record["status"])
            self.books.save_contact(record)
            self.books.world.effects.add("xero", "contact", record["id"], key=bulk.key)
            return render.contact(self.books, record, bulk.call.now.date().isoformat())

        return apply
