"""Payers' names as banks print them, and the customers that they may be."""

import heapq
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from math import exp, log

from reconciliation.matching.weights import LIKENESS, PAYERS

_WORD = re.compile(r"[^\W_]+")
_LEGAL = frozenset(
    """LTD LIMITED LLP LLC PLC INC INCORPORATED CORP CORPORATION CO COMPANY GMBH AG KG UG MBH OHG BV NV SA SAS SARL
    SRL SPA SL AB OY AS APS PTY THE AND B V N S A R L UND ET Y MR MRS MS DR KGAA EURL SLU SRO DOO""".split()
)
_BANK_NOISE = frozenset(
    """SEPA CREDIT TRANSFER FASTER PAYMENT PAYMENTS FROM BACS FPI FPS GIRO CHAPS BGC TFR DIRECT DEP DEPOSIT WIRE ACH
    INWARD INCOMING REMITTANCE ORIGINATOR ORDERING CUSTOMER UEBERWEISUNG GUTSCHRIFT VIREMENT INST INSTANT PMT PYMT CR
    BY TRF MOBILE ONLINE BANKING""".split()
)
#: Banks cut names at so many characters.
_CUT_AT = frozenset({18, 20, 24, 27, 30, 32, 35, 40, 70})
#: Words that more customers have tell little; of those who share a rarer one, so many are compared.
_COMMON = 400
#: Answers kept: payments are looked at by payer, so that the same name comes again soon.
_REMEMBERED = 4096
_COMPARED = 12
#: A word that no customer has: a branch, a person, a place.
_STRANGE_WORD = 2.0


def words_of(name: str) -> tuple[str, ...]:
    """A name's own words: no legal form, no case, no punctuation, and nothing that the bank put in front."""
    words = _WORD.findall(name.upper().replace("'", "").replace("’", ""))
    own = [word for word in words if word not in _LEGAL]
    kept = [word for word in own if word not in _BANK_NOISE]
    return tuple(kept or own or words)


def key_of(name: str) -> str:
    """A name's own words in one: the same for all spellings of case and legal form."""
    return "".join(words_of(name))


class NameIndex:
    """Customers by their names. All answers are (customer, likeness 0..1), the likest first."""

    def __init__(self, names: Sequence[str]) -> None:
        self._words = [words_of(name) for name in names]
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for customer, words in enumerate(self._words):
            self._exact["".join(words)].append(customer)
            for word in dict.fromkeys(words):
                self._by_word[word].append(customer)
        self._exact.pop("", None)
        self._sorted = sorted(self._exact)
        self._all_words = sorted(self._by_word)
        self._rarities: dict[str, float] = {}
        self._count = max(2, len(names))
        self._by_rarest = self._told_by_one_word()
        self._keys: dict[str, str] = {}
        self._known: dict[str, tuple[tuple[int, float], ...]] = {}

    def _told_by_one_word(self) -> dict[str, list[int]]:
        """Customers by the rarest of their words: where their whole name stands, it stands too."""
        found: dict[str, list[int]] = defaultdict(list)
        for customer, words in enumerate(self._words):
            telling = [(len(self._by_word[word]), word) for word in words if len(word) > 2 and not word.isdigit()]
            count, rarest = min(telling, default=(_COMMON + 1, ""))
            if count <= _COMMON:
                found[rarest].append(customer)
        return found

    def like(self, name: str) -> tuple[tuple[int, float], ...]:
        """The few customers that a payer's name may mean, each with what its likeness is worth (at most 1)."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[name] = self._like(name)
        return known

    def key(self, name: str) -> str:
        """`key_of`, remembered."""
        known = self._keys.get(name)
        if known is None:
            known = self._keys[name] = key_of(name)
        return known

    def named_in(self, text: str) -> list[int]:
        """Customers whose every own word stands in the text; a name of one common word is not enough."""
        words = words_of(text)
        present = frozenset(words)
        found = {}
        for word in words:
            for customer in self._by_rarest.get(word, ()):
                own = self._words[customer]
                if present.issuperset(own) and self._weight(own) > 6:
                    found[customer] = self._weight(own)
        longest = max(found.values(), default=0)
        return sorted(customer for customer, weight in found.items() if weight > longest - 0.1)

    def _like(self, name: str) -> tuple[tuple[int, float], ...]:
        words = words_of(name)
        key = "".join(words)
        if not key:
            return ()
        likeness = dict.fromkeys(self._exact.get(key, ()), 1.0)
        if len(key) >= 8:
            self._cut_off(name, key, likeness)
        for customer in () if likeness else self._sharing(words):
            alike = self._alike(words, self._words[customer])
            if alike > 0.4:
                likeness[customer] = alike
        best = sorted(likeness.items(), key=lambda pair: (-pair[1], pair[0]))[:PAYERS]
        return tuple((customer, exp(LIKENESS * (alike - 1))) for customer, alike in best)

    def _cut_off(self, name: str, key: str, likeness: dict[int, float]) -> None:
        """Longer names that begin like this one: it may have been cut."""
        cut = len(name) in _CUT_AT
        place = bisect_left(self._sorted, key)
        for longer in self._sorted[place : place + 6]:
            if not longer.startswith(key):
                break
            if longer != key:
                alike = (0.97 if cut else 0.88) + 0.02 * (len(key) / len(longer))
                for customer in self._exact[longer]:
                    likeness[customer] = max(alike, likeness.get(customer, 0.0))

    def _sharing(self, words: tuple[str, ...]) -> list[int]:
        """Customers that share a rare word, or a word that begins alike."""
        near = [one for word in words for one in ([word] if word in self._by_word else self._begins_alike(word))]
        near.sort(key=lambda one: (len(self._by_word[one]), one))
        found: dict[int, float] = {}
        rest = sum(map(self._rarity, near))
        lightest = 0.0
        for one in near:
            weight, sharing = self._rarity(one), self._rare(one)
            if len(found) >= _COMPARED and lightest > rest:
                # who has only the commoner words that are left cannot be among the likest any more
                sharing = list(found.keys() & sharing)
            else:
                lightest = weight
            for customer in sharing:
                found[customer] = found.get(customer, 0.0) + weight
            rest -= weight
        return heapq.nsmallest(_COMPARED, found, key=lambda customer: (-found[customer], customer))

    def _begins_alike(self, word: str) -> list[str]:
        stem = word[:3] if len(word) > 4 else word
        place = bisect_left(self._all_words, stem)
        near = []
        for other in self._all_words[place : place + 40]:
            if not other.startswith(stem):
                break
            if _same_word(word, other):
                near.append(other)
        return near[:4]

    def _rare(self, word: str) -> list[int]:
        customers = self._by_word.get(word, [])
        return customers if len(customers) <= _COMMON else customers[:0]

    def _rarity(self, word: str) -> float:
        known = self._rarities.get(word)
        if known is None:
            known = self._rarities[word] = log(self._count / (len(self._by_word.get(word, ())) or 1)) + 0.7
        return known

    def _weight(self, words: tuple[str, ...]) -> float:
        return sum(map(self._rarity, words))

    def _alike(self, said: tuple[str, ...], own: tuple[str, ...]) -> float:
        """Shared words by their rarity, over the words of both; a misspelt or cut word counts a little less."""
        shared, everything, free = 0.0, self._weight(own), list(own)
        for word in said:
            like = word if word in free else next((one for one in free if _same_word(word, one)), "")
            if like:
                free.remove(like)
                weight = self._rarity(like)
                shared += weight * (1.0 if like == word else 0.93)
                everything += weight
            else:
                everything += self._rarity(word) if word in self._by_word else _STRANGE_WORD
        return 2 * shared / everything if everything else 0.0


def _same_word(word: str, other: str) -> bool:
    """One is the beginning of the other, or they differ by one letter."""
    if len(word) < 3 or len(other) < 3:
        return other.startswith(word) and bool(word)
    if word[0] == other[0] and (other.startswith(word) or word.startswith(other)):
        return True
    if abs(len(word) - len(other)) > 1 or min(len(word), len(other)) < 4:
        return False
    if word[0] != other[0] and word[-1] != other[-1]:
        return False  # one slip spoils one end at most
    place = 0
    limit = min(len(word), len(other))
    while place < limit and word[place] == other[place]:
        place += 1
    rest, others = word[place:], other[place:]
    return rest[1:] == others or rest == others[1:] or rest[1:] == others[1:] or (
        rest[:2] == others[:2][::-1] and rest[2:] == others[2:]
    )  # fmt: skip
