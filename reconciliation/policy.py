"""What the admin may set about matching; the defaults are the cautious ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """Days are calendar days. A sighting is the same money seen at a second place."""

    #: A feed posts a Stripe payment into the books at most so many days after the customer paid.
    sighting_days: int = 7
    #: Invoice numbers shorter than this are too common to be found inside free text.
    shortest_number: int = 4
