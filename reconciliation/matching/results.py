"""What the engine concludes about each payment."""

from typing import Literal

import msgspec

#: auto: sure enough to apply, a person may look. propose: a person decides. "": nothing is said.
Band = Literal["auto", "propose", ""]


class Link(msgspec.Struct, frozen=True, gc=False):
    """`amount` of a payment belongs to a document: minor units of the document's currency, below zero for a credit note."""

    document: str
    amount: int


class Conclusion(msgspec.Struct, frozen=True, gc=False):
    """Where one payment goes. `links` is empty when it belongs to nothing that is open, as far as can be seen.

    `confidence` is the share of belief (0..1) in these links against all other readings, `runner_up` names the
    documents of the next likeliest reading (empty: none of ours) and `margin` is how much more is believed.
    """

    payment: str
    links: tuple[Link, ...]
    band: Band
    confidence: float
    reason: str
    runner_up: tuple[str, ...] = ()
    margin: float = 0.0
    #: The kind of evidence that carried it: number, stated, purchase order, one, amount, several, …
    matcher: str = ""
