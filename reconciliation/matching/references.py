"""What a payment's text states: documents, orders, customers, another purpose."""

import re
from collections.abc import Sequence
from math import log
from typing import Literal

import msgspec

from reconciliation.matching import numbers
from reconciliation.matching import weights as w
from reconciliation.matching.book import Book
from reconciliation.matching.vocabulary import CUSTOMER_WORDS, INVOICE_WORDS, ORDER_WORDS, OTHER_WORDS, PURPOSE_WORDS

Kind = Literal["number", "part of the number", "purchase order", "range", "id"]

_TOKEN = re.compile(r"[A-Z0-9]+")
_HAS_DIGIT = re.compile(r"[0-9]")
_DAY = re.compile(
    r"\b(?:(?:0?[1-9]|[12][0-9]|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:20)?[0-9]{2}"
    r"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])/(?:20)?[0-9]{2}"
    r"|20[0-9]{2}[./-](?:0?[1-9]|1[0-2])[./-](?:0?[1-9]|[12][0-9]|3[01]))\b"
)
_TELEPHONE = re.compile(r"(?:\b(?:TEL|PHONE|CALL|MOB|FAX)\b[.: ]*[+0-9][0-9 ()-]{4,}|\+[0-9][0-9 ()-]{7,}|\b0[0-9]{2,4} [0-9]{3,4} [0-9]{3,4}\b)")  # fmt: skip
_MAYBE_TELEPHONE = re.compile(r"\+| 0|TEL|PHONE|CALL|MOB|FAX")
_AMOUNT = re.compile(r"(?<![0-9A-Z])[0-9]{1,3}(?:[ ,.][0-9]{3})*[.,][0-9]{2}(?![0-9])|(?<![0-9A-Z])[0-9]+\.[0-9]{2}(?![0-9])")  # fmt: skip
_RANGE = re.compile(
    r"([0-9]+)\s*(?:-|–|—|\.\.+|\bTO\b|\bTHRU\b|\bTHROUGH\b|\bUNTIL\b|\bBIS\b|\bAU\b|\bTILL\b)\s*"
    r"(?:[A-Z]{1,6}[- /#.]?)?(?:(?:20)?[0-9]{2}[-/])?([0-9]+)"
)
_LIST = re.compile(r"([0-9]{4,})((?:\s*[/,&+]\s*[0-9]{1,3}\b)+)")

#: A statement as clear as this names the document; weaker ones only lean towards it.
CLEAR = 4.0


class Reading(msgspec.Struct):
    """`cited` maps a document's place to the weight of the statement, `how` to its kind.

    `spoken` are digits that fit no document: a misspelt number, or somebody else's. `loose` are keys that too many
    documents share to be followed without knowing the payer.
    """

    cited: dict[int, float] = msgspec.field(default_factory=dict)
    how: dict[int, Kind] = msgspec.field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    loose: frozenset[str] = frozenset()
    customers: tuple[int, ...] = ()
    other_purpose: bool = False
    #: Stated clearly, and nothing of it is left.
    settled: tuple[int, ...] = ()
    #: For each number that is stated: the documents that it may mean.
    groups: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)


SILENT, _OTHER_PURPOSE = Reading(), Reading(other_purpose=True)


class Reader:
    """Reads texts against one book. `customer_words` maps what a customer's number looks like to the customer."""

    def __init__(self, book: Book, customer_words: dict[str, int]) -> None:
        self._book = book
        self._customers = customer_words
        self._most = log(len(book.documents) + w.SMALLEST_LEDGER) + w.CITED_AT_MOST
        #: A text that names no document reads the same whenever it is read: what is left of none matters.
        self._read_before: dict[str, Reading] = {"": SILENT}

    def read(self, text: str) -> Reading:
        known = self._read_before.get(text)
        if known is not None:
            return known
        shown = text.upper()
        words = _TOKEN.findall(shown)
        purpose = not PURPOSE_WORDS.isdisjoint(words)
        if not _HAS_DIGIT.search(shown):
            reading = _OTHER_PURPOSE if purpose else SILENT
        else:
            one = _OneText(self._book, self._customers, self._most, shown, purpose)
            reading = one.reading()
            if one.names_documents:
                return reading
        self._read_before[text] = reading
        return reading


class _OneText:
    """One text; what it states grows while it is read from left to right."""

    def __init__(self, book: Book, customers: dict[str, int], most: float, shown: str, purpose: bool) -> None:
        self.book, self.customers, self.most = book, customers, most
        self.found = Reading(other_purpose=purpose)
        self.shown = shown
        self.spoken: list[str] = []
        self.loose: list[str] = []
        self.payers: list[int] = []
        self.names_documents = False

    def reading(self) -> Reading:
        """What the text says; without documents that it does not name it is `SILENT` itself."""
        blanked = self._blanked()
        words = _TOKEN.findall(blanked)
        alike = _TOKEN.findall(numbers.look_alike(blanked))
        heads = self.book.heads
        place = 0
        while place < len(words):
            if words[place].isalpha() and alike[place] not in heads:
                place += 1
            else:
                place += self._whole(words, alike, place) or self._part(words, alike, place)
        found = self.found
        if found.cited:
            self.names_documents = True
            if sum([word[-1] in "0123456789" for word in words]) > 1:
                self._ranges()
            self._without_settled()
        found.groups = {key: still for key, places in found.groups.items() if (still := self._open(places))}
        if not (self.names_documents or self.spoken or self.loose or self.payers):
            return _OTHER_PURPOSE if found.other_purpose else SILENT
        found.spoken, found.loose = tuple(self.spoken), frozenset(self.loose)
        found.customers = tuple(dict.fromkeys(self.payers))
        return found

    def _without_settled(self) -> None:
        """Documents of which nothing is left are only remembered as settled."""
        found, left = self.found, self.book.left
        gone = [one for one in found.cited if not left[one]]
        if gone:
            found.settled = tuple([one for one in gone if found.cited[one] >= CLEAR])
            for one in gone:
                del found.cited[one]

    def _open(self, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([place for place in places if place in self.found.cited])

    def _blanked(self) -> str:
        """Days, telephone numbers and amounts taken out, unless they are numbers of documents."""
        shown = self.shown
        points, others = "." in shown or "," in shown, "-" in shown or "/" in shown
        if points or others:
            shown = _DAY.sub(self._unless_known, shown)
        if _MAYBE_TELEPHONE.search(shown):
            shown = _TELEPHONE.sub(self._unless_known, shown)
        return _AMOUNT.sub(self._unless_known, shown) if points else shown

    def _unless_known(self, match: re.Match[str]) -> str:
        return match.group() if numbers.as_read(match.group()) in self.book.by_full else " "

    def _whole(self, words: list[str], alike: list[str], place: int) -> int:
        """A document's whole number from here on, over one to four words; how many words it took."""
        joined, taken = "", 0
        by_full, by_order, by_core = self.book.by_full, self.book.by_order, self.book.by_core
        customers = self.customers
        for width, word in enumerate(alike[place : place + 4], start=1):
            joined += word
            if joined in by_full or joined in by_order or joined in customers:
                taken = width if _HAS_DIGIT.search("".join(words[place : place + width])) else taken
            elif width > 1 and joined in by_core and joined.isdigit():
                taken = width  # 2025-0012 for INV-2025-0012
        if not taken:
            return 0
        joined = "".join(alike[place : place + taken])
        raw = "".join(words[place : place + taken])
        self._note_whole(joined, raw, words[place - 1] if place else "")
        return taken

    def _note_whole(self, joined: str, raw: str, before: str) -> None:
        digits = sum(map(str.isdigit, raw))
        lettered = digits < len(raw)
        weight = w.DIGIT * digits + (w.PREFIX if lettered else w.BARE_DIGITS + _context(before))
        if joined in self.customers and (lettered or before in CUSTOMER_WORDS):
            self.payers.append(self.customers[joined])
        self._note(self.book.by_order.under(joined), weight + w.PURCHASE_ORDER, "purchase order", joined)
        if before not in ORDER_WORDS or not lettered:
            self._note(self.book.by_full.under(joined) or self.book.by_core.under(joined), weight, "number", joined)

    def _part(self, words: list[str], alike: list[str], place: int) -> int:
        """Digits that end a document's number; its prefix, year or zeros are missing. Always one word."""
        word = words[place]
        if not _HAS_DIGIT.search(word):
            return 1
        core = alike[place].lstrip("0") if alike[place].isdigit() else numbers.last_digits(word)
        before = words[place - 1] if place else ""
        if not core:
            return 1
        if before in CUSTOMER_WORDS and core in self.customers:
            self.payers.append(self.customers[core])
            return 1
        weight = (
            w.DIGIT * len(core)
            + w.BARE_DIGITS
            + _context(before)
            + (w.INVOICE_WORD if word != core and not word.isdigit() else 0)
        )
        orders = self.book.by_order.under(core) if len(core) > 3 else ()
        self._note(orders, weight + w.PURCHASE_ORDER + (3 if before in ORDER_WORDS else -1), "purchase order", core)
        known = self.book.by_core.under(core)
        if known and before not in ORDER_WORDS:
            self._note(known, weight + w.TAIL, "part of the number", core)
        if before not in OTHER_WORDS and not orders:
            self._speak(core, known=bool(known))
        return 1

    def _speak(self, core: str, *, known: bool) -> None:
        if len(core) > 3 and not known:
            self.spoken.append(core)

    def _note(self, places: Sequence[int], weight: float, kind: Kind, key: str) -> None:
        if len(places) > w.SAME_NUMBER:
            self.loose.append(key)
            return
        weight = min(weight, self.most)
        if places and weight > 0.5:
            self.found.groups[key] = (*self.found.groups.get(key, ()), *places)
        for place in places:
            exact = kind != "part of the number" or self.book.core[place] == key
            given = weight if exact else weight + w.TAIL
            if given > self.found.cited.get(place, 0.5):
                self.found.cited[place] = given
                self.found.how[place] = kind

    def _ranges(self) -> None:
        for match in _RANGE.finditer(self.shown):
            first, last = match.groups()
            self._between(first, _completed(first, last))
        for match in _LIST.finditer(self.shown):
            for last in re.findall(r"[0-9]+", match.group(2)):
                self._between(match.group(1), _completed(match.group(1), last), only_last=True)

    def _between(self, first: str, last: str, *, only_last: bool = False) -> None:
        """Documents of the first one's customer with numbers up to the last."""
        low, high = int(first), int(last)
        if not low < high <= low + (10**4 if only_last else w.LONGEST_RANGE):
            return
        firsts = [place for place in self.book.by_core.under(str(low)) if place in self.found.cited]
        owners = {self.book.customer[place] for place in firsts}
        for number in range(high if only_last else low, high + 1):
            places = [place for place in self.book.by_core.under(str(number)) if self.book.customer[place] in owners]
            for place in places:
                if place not in self.found.cited and self.book.left[place]:
                    self.found.cited[place], self.found.how[place] = 5.0, "range"
                    self.found.groups[str(number)] = (place,)


def _context(before: str) -> float:
    """What the word before bare digits says about them."""
    if before in INVOICE_WORDS:
        return w.INVOICE_WORD
    return w.OTHER_WORD if before in OTHER_WORDS else 0.0


def _completed(first: str, last: str) -> str:
    """`10231-33` means 10231 to 10233."""
    return first[: len(first) - len(last)] + last if len(last) < len(first) else last
