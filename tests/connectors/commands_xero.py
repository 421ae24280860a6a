"""Commands for the contract tests that only xero takes, or takes in its own way."""

from receivables.commands import Command
from tests.connectors.commands import Maker

MAKERS: dict[type[Command], Maker] = {}
#: Writes of more than one step: after a lost answer a step may be missing, and the same key mends it.
SEVERAL_STEPS: set[type[Command]] = set()
