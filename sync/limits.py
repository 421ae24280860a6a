"""What each platform allows in a second, a minute, a day and a month. Pure.

The figures are a little inside the vendors' documented limits (Intuit: limits and throttles, App Partner Program
metering; Xero: API limits; Stripe: rate limits). `[connection.limits]` sets others, for a smaller plan.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

WindowName = Literal["second", "minute", "day", "month"]

#: Of a day's or a month's calls, this share is left to what cannot wait: the look before a send, and sending.
KEPT_FOR_SENDING = 0.1


@dataclass(frozen=True, slots=True)
class Window:
    """So many `calls` in one window. `reads_only`: writes are not metered."""

    name: WindowName
    calls: int
    reads_only: bool = False

    @property
    def is_metered(self) -> bool:
        """Long enough that its calls have to be budgeted."""
        return self.name in {"day", "month"}

    @property
    def length(self) -> dt.timedelta:
        """Of a month: the longest."""
        seconds = {"second": 1, "minute": 60, "day": 86_400, "month": 31 * 86_400}
        return dt.timedelta(seconds=seconds[self.name])

    def begins(self, now: dt.datetime) -> dt.datetime:
        """Where a window that is opened at `now` (UTC) begins: a month with its first day, the others at once."""
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) if self.name == "month" else now

    def ends(self, began: dt.datetime) -> dt.datetime:
        if self.name != "month":
            return began + self.length
        return (began.replace(day=1) + self.length).replace(day=1)


#: QuickBooks' month is that of the app's workspace in Intuit's smallest tier; only reading is metered.
WINDOWS: dict[str, tuple[Window, ...]] = {
    "quickbooks": (Window("second", 9), Window("minute", 480), Window("month", 500_000, reads_only=True)),
    "xero": (Window("minute", 58), Window("day", 4_900)),
    "stripe": (Window("second", 23),),
}

WINDOW_NAMES: tuple[WindowName, ...] = ("second", "minute", "day", "month")


def windows_of(platform: str, options: Mapping[str, str]) -> tuple[Window, ...]:
    """The platform's windows; `[connection.limits]` may set another number of calls."""
    return tuple(
        replace(window, calls=int(options.get(f"calls_per_{window.name}", window.calls)))
        for window in WINDOWS.get(platform, ())
    )
