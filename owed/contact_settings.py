"""[[contact]] of owed.toml: persons at a customer whom no platform knows, for steps that ask for their role."""

import re

from receivables.facts import Contact
from rules.table import Table

_ADDRESS = re.compile(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9.-]+")


def read_contacts(root: Table) -> dict[str, tuple[Contact, ...]]:
    """By the customer's reference, as it is written: a customer that nobody knows yet is no mistake."""
    found: dict[str, tuple[Contact, ...]] = {}
    for table in root.take_tables("contact"):
        customer = table.take_text("customer")
        email = table.take_text("email")
        contact = Contact(email=email, name=table.take_text("name", ""), role=table.take_text("role"), stated=True)
        if customer and customer.count(":") < 2:
            table.expected("customer", "a customer's reference", "owed customers lists them: books:customer:17")
        if email and not _ADDRESS.fullmatch(email):
            table.expected("email", "an e-mail address", "a bare address such as cfo@example.com")
        table.finish()
        found[customer] = (*found.get(customer, ()), contact)
    return found
