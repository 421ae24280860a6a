"""What the day of a payment says: usual delays, and each customer's own habit once it has been seen."""

from bisect import bisect_left
from collections import defaultdict
from math import log
from statistics import median

from reconciliation.matching import weights as w

_UNTIL = [days for days, _ in w.DELAYS]
#: Of each number of days late from the first step to the one before the last: looked up, not searched.
_FIRST, _LAST = _UNTIL[0], _UNTIL[-2] + 1
_USUAL = [w.DELAYS[bisect_left(_UNTIL, late)][1] for late in range(_FIRST, _LAST + 1)]


class Delays:
    """Days are ordinals; 0 is an unknown day and says nothing."""

    def __init__(self) -> None:
        self._seen: dict[int, list[int]] = defaultdict(list)
        #: The median, the doubt about it in days, and what a day that fits exactly is worth.
        self._habit: dict[int, tuple[float, float, float]] = {}

    def saw(self, customer: int, late: int) -> None:
        """This customer surely paid so many days after the due day."""
        self._seen[customer].append(late)

    def settle(self) -> None:
        """Turn what was seen into habits: the median delay and the mean distance from it."""
        for customer, days in self._seen.items():
            if len(days) >= w.HABIT_SEEN:
                middle = median(days)
                spread = sum(abs(day - middle) for day in days) / len(days)
                count = len(days)
                spread = (spread * count + w.HABIT_SPREAD * 2) / (count + 2)
                self._habit[customer] = (middle, spread, log(20 / spread))

    def weight(self, customer: int, paid: int, issue: int, due: int) -> float:
        if not paid or not due:
            return 0.0
        if issue and paid < issue:
            return w.BEFORE_ISSUE - (1.5 if issue - paid > 20 else 0.0)
        late = paid - due
        habit = self._habit.get(customer)
        usual = _USUAL[0 if late < _FIRST else min(late, _LAST) - _FIRST]
        if habit is None:
            return usual
        middle, spread, sureness = habit
        own = sureness - abs(late - middle) / spread
        return max(-w.HABIT_AT_MOST - 0.8 + 0.3 * usual, min(w.HABIT_AT_MOST, own))
