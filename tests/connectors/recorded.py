"""Every recorded case of every platform. `python -m tests.connectors.recorded [platform [name …]]` records them again."""

import sys

from tests.connectors.recorded_quickbooks import CASES as QUICKBOOKS
from tests.connectors.recorded_stripe import CASES as STRIPE
from tests.connectors.recorded_xero import CASES as XERO
from tests.connectors.recording import Case, record

CASES: tuple[Case, ...] = (*QUICKBOOKS, *STRIPE, *XERO)


def chosen(arguments: list[str]) -> list[Case]:
    """All, or those of a platform, or some of those by name."""
    platform, names = (arguments or [""])[0], arguments[1:]
    of_platform = [case for case in CASES if platform in ("", case.platform)]
    return [case for case in of_platform if not names or case.name in names]


if __name__ == "__main__":
    for wanted in chosen(sys.argv[1:]):
        record(wanted)
        sys.stdout.write(f"{wanted.path}\n")
