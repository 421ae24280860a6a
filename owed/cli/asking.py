"""Asking a person yes or no: on stderr, so that what a program reads stays clean."""

import sys

from owed.cli.printing import visible
from owed.errors import Mistake


def confirmed(question: str, *, default: bool = False, instead: str = "--yes") -> bool:
    """Asks until there is an answer; an empty one is the default. Raises Mistake when nobody is there to answer."""
    while True:
        sys.stderr.write(f"{visible(question)} [{'Y/n' if default else 'y/N'}]: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise Mistake(f"nobody is there to answer: answer on stdin, or use {instead}")
        answer = line.strip().casefold()
        if answer in ("", "y", "yes", "n", "no"):
            return answer.startswith("y") if answer else default
