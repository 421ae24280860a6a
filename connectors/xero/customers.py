"""What Xero's contacts say, in our words. Pure."""

from decimal import Decimal

from connectors.fields import Record, country_code, flag, identifier, records, text
from connectors.xero.dates import instant
from connectors.xero.parts import Facts
from receivables.facts import Contact, Customer


def customer(row: Record, connection: str) -> Facts:
    address = _billing_address(row)
    return (
        Customer(
            connection=connection,
            id=identifier(row, "ContactID"),
            version=text(row, "UpdatedDateUTC"),
            updated_at=instant(row, "UpdatedDateUTC"),
            name=text(row, "Name"),
            contacts=_contacts(row),
            active=text(row, "ContactStatus") in {"", "ACTIVE"},
            merged_into=text(row, "MergedToContactID"),
            company=True if text(row, "CompanyNumber") else None,
            tax_id=text(row, "TaxNumber"),
            country=country_code(text(address, "Country")),
            postal_code=text(address, "PostalCode"),
            address=_address(address),
            currency=text(row, "DefaultCurrency"),
            payable=_payable(row),
            tags=tuple(text(group, "Name") for group in records(row, "ContactGroups") if text(group, "Name")),
        ),
    )


def _payable(row: Record) -> str:
    """What we owe the contact, in the organisation's base currency; Xero adds up all currencies at its own rates."""
    balances = row.get("Balances")
    payable = balances.get("AccountsPayable") if isinstance(balances, dict) else None
    outstanding = payable.get("Outstanding") if isinstance(payable, dict) else None
    return str(outstanding) if isinstance(outstanding, Decimal | int) and outstanding > 0 else ""


def _contacts(row: Record) -> tuple[Contact, ...]:
    """The contact's own address first, then the persons that Xero copies."""
    name = " ".join(filter(None, (text(row, "FirstName"), text(row, "LastName"))))
    first = Contact(email=text(row, "EmailAddress"), name=name, phone=_phone(row), primary=True)
    persons = [
        Contact(
            email=text(person, "EmailAddress"),
            name=" ".join(filter(None, (text(person, "FirstName"), text(person, "LastName")))),
            copied=flag(person, "IncludeInEmails"),
        )
        for person in records(row, "ContactPersons")
    ]
    return (*((first,) if first.email or first.name or first.phone else ()), *persons)


def _phone(row: Record) -> str:
    for found in sorted(records(row, "Phones"), key=lambda phone: text(phone, "PhoneType") != "DEFAULT"):
        parts = (text(found, name) for name in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber"))
        if text(found, "PhoneNumber"):
            return " ".join(part for part in parts if part)
    return ""


def _billing_address(row: Record) -> Record:
    """POBOX is the one Xero prints on invoices; STREET is where the contact is."""
    found = {text(address, "AddressType"): address for address in records(row, "Addresses")}
    postal = found.get("POBOX", {})
    return postal if _address(postal) else found.get("STREET", {})


def _address(found: Record) -> str:
    names = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "City", "Region", "PostalCode", "Country")
    return ", ".join(part for name in names if (part := text(found, name)))
