"""The words of a step as a debtor would read them: about a real invoice, or about an invented one."""

import datetime as dt

import msgspec

from outreach.compose import Message, compose
from receivables.decisions import Decision
from receivables.facts import Contact, Customer, Invoice
from receivables.local_facts import Instalment, PaymentPlan, Promise
from receivables.money import Money
from receivables.open_items import OpenItem, Receipt
from receivables.refs import LOCAL
from rules.schema import Policy, Step
from sync import links
from sync.installation import Installation

_INVENTED = "preview"


def preview(
    installation: Installation, policy: Policy, step: Step, item: OpenItem | None = None, language: str = ""
) -> Message:
    """Nothing is checked but the words themselves, and nothing is written. Raises ComposeError."""
    now = installation.clock()
    item = item or invented(installation, step, now)
    if language:
        customer = item.customer or Customer(connection=_INVENTED, id="1")
        item = msgspec.structs.replace(item, customer=msgspec.structs.replace(customer, language=language))
    url = links.live_url(item) or "https://pay.example/invoice"
    decision = Decision(
        verdict="act",
        debtor=item.debtor,
        invoices=(item.invoice.ref,),
        currency=item.invoice.currency,
        demand=item.demand,
        policy=policy.name,
        step=step.name,
        stage=step.stage,
        channel="email",
        template=step.template,
        action=step.action,
        to=step.to,
        cc=step.cc,
        decided_at=now,
    )
    urls = {item.invoice.ref: url} if step.pay_link else {}
    return compose(
        decision,
        [item],
        installation.business,
        installation.sender,
        urls,
        catalog=installation.catalog,
        posted=step.action == "letter",
    )


def invented(installation: Installation, step: Step, now: dt.datetime) -> OpenItem:
    """An invoice of 1,250.00 in the business's currency, at the day on which the step is due about it."""
    today = installation.business.day_of(now)
    currency = installation.business.currency or "EUR"
    amount = Money.parse(f"1250 {currency}").minor
    late = step.after or -(step.before or 0)
    invoice = Invoice(
        connection=_INVENTED,
        id="1",
        number="INV-1001",
        customer_id="1",
        currency=currency,
        total=amount,
        open=amount,
        issue_on=today - dt.timedelta(days=late + 30),
        due_on=today - dt.timedelta(days=late),
        sent=True,
    )
    contact = Contact(email="jo@customer.example", name="Jo Example", primary=True)
    return OpenItem(
        invoice=invoice,
        platform="xero",
        debtor=_INVENTED,
        customer=Customer(connection=_INVENTED, id="1", name="Example Ltd", contacts=(contact,)),
        promise=Promise(connection=LOCAL, id="1", promised_on=today - dt.timedelta(days=3)),
        plan=PaymentPlan(
            connection=LOCAL,
            id="1",
            instalments=(Instalment(today - dt.timedelta(days=3), amount),),
            currency=currency,
            agreed_open=amount,
        ),
        receipt=Receipt("1", today, amount // 2),
        read_at=now,
    )
