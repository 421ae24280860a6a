"""What Xero says to a write, and how a document that we may have made is looked for."""

import datetime as dt
from collections.abc import Callable

from connectors.errors import Malformed, Uncertain
from connectors.fields import Record, decode_record, records
from connectors.protocol import Intent
from connectors.transport import Answer, written
from connectors.xero.client import XeroClient
from connectors.xero.faults import element_errors, refusal
from connectors.xero.paging import Mark, sheets

#: Xero's clock and ours may differ, and so may its idea of a day.
_BEFORE = dt.timedelta(days=1)


def accepted(answer: Answer, name: str) -> Record:
    """The element that was written. Xero answers 200 for a refused element too, and says so inside it.

    An element that is "OK" and complains all the same, as in Xero's own example of a credit note, is not believed
    either way: it is looked for.
    """
    elements = records(written(answer, name), name)
    if not elements:
        raise Malformed(f"Xero accepted, but its answer holds no {name}")
    told = [message for element in elements for message in element_errors(element)]
    if told and any(element.get("StatusAttributeString") == "OK" for element in elements):
        raise Uncertain(f"{name}: Xero says both OK and {'; '.join(told)}")
    if told:
        raise refusal(told)
    return elements[0]


def made_since(
    client: XeroClient, entity: str, intent: Intent, is_it: Callable[[Record], bool], **query: str
) -> Record | None:
    """The document of a list that `is_it`, among those that changed since the first try; of all, when that is unknown.

    Xero has no search by Reference that can be trusted for a very large organisation, so the list is looked through.
    """
    since = (intent.started_at - _BEFORE).strftime("%Y-%m-%dT%H:%M:%S") if intent.started_at else ""
    pages = sheets(client, entity, Mark(since), query)
    return next((row for page in pages for row in map(decode_record, page.raws) if is_it(row)), None)
