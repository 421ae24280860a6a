"""What the admin may set about matching; the defaults are the cautious ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """Days are calendar days. A sighting is the same money seen at a second place."""

    #: A feed posts a Stripe payment into the books at most so many days after the customer paid.
    sighting_days: int = 7
    #: Invoice numbers shorter than this are too common to be found inside free text.
    shortest_number: int = 4
    #: Matches believed at least so much (0..1) are applied by themselves, below that they are proposed.
    auto_confidence: float = 0.85
    #: Below this nothing is proposed.
    propose_confidence: float = 0.3
    #: A difference of at most so many minor units may be rounding or a slip; a twentieth of the invoice at most.
    tolerance: int = 100
