"""What a person may call an outbox row by: the first letters of its id, or its intent."""

from owed.errors import Mistake
from store import outbox
from store.outbox import Effect
from sync.installation import Installation

_SHORTEST = 4
#: So many letters of an id are no invoice's number by chance.
_SURE = 8


def message_of(installation: Installation, word: str) -> Effect | None:
    """The row whose id begins so, where the word can be nothing else: eight or more hexadecimal letters."""
    if len(word) < _SURE or set(word.lower()) - set("0123456789abcdef"):
        return None
    with installation.store.read() as tx:
        found = [one for one in outbox.listed(tx) if one.id.startswith(word)]
    return found[0] if len(found) == 1 else None


def find_effect(installation: Installation, word: str) -> Effect:
    """The one row that `word` means. Raises Mistake: none, several, or too short to be meant."""
    if len(word) < _SHORTEST:
        raise Mistake(f"{word or 'an empty text'}: give at least {_SHORTEST} letters of an id; see: owed outbox list")
    with installation.store.read() as tx:
        found = [one for one in outbox.listed(tx) if one.id.startswith(word) or one.intent == word]
    if len(found) != 1:
        raise Mistake(f"{word}: {'no' if not found else 'more than one'} outbox row begins so; see: owed outbox list")
    return found[0]
