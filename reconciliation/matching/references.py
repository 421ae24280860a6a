"""What a payment's text states: documents, orders, customers, another purpose."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Literal

from reconciliation.matching import numbers
from reconciliation.matching import weights as w
from reconciliation.matching.book import Book

Kind = Literal["number", "part of the number", "purchase order", "range", "id"]

_TOKEN = re.compile(r"[A-Z0-9]+")
_HAS_DIGIT = re.compile(r"[0-9]")
_DAY = re.compile(
    r"\b(?:(?:0?[1-9]|[12][0-9]|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:20)?[0-9]{2}"
    r"|(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])/(?:20)?[0-9]{2}"
    r"|20[0-9]{2}[./-](?:0?[1-9]|1[0-2])[./-](?:0?[1-9]|[12][0-9]|3[01]))\b"
)
_TELEPHONE = re.compile(r"(?:\b(?:TEL|PHONE|CALL|MOB|FAX)\b[.: ]*[+0-9][0-9 ()-]{4,}|\+[0-9][0-9 ()-]{7,}|\b0[0-9]{2,4} [0-9]{3,4} [0-9]{3,4}\b)")  # fmt: skip
_TELEPHONE_MARKS = ("+", " 0", "TEL", "PHONE", "CALL", "MOB", "FAX")
_AMOUNT = re.compile(r"(?<![0-9A-Z])[0-9]{1,3}(?:[ ,.][0-9]{3})*[.,][0-9]{2}(?![0-9])|(?<![0-9A-Z])[0-9]+\.[0-9]{2}(?![0-9])")  # fmt: skip
_RANGE = re.compile(
    r"([0-9]+)\s*(?:-|–|—|\.\.+|\bTO\b|\bTHRU\b|\bTHROUGH\b|\bUNTIL\b|\bBIS\b|\bAU\b|\bTILL\b)\s*"
    r"(?:[A-Z]{1,6}[- /#.]?)?(?:(?:20)?[0-9]{2}[-/])?([0-9]+)"
)
_LIST = re.compile(r"([0-9]{4,})((?:\s*[/,&+]\s*[0-9]{1,3}\b)+)")

_INVOICE_WORDS = frozenset(
    """INV INVOICE INVOICES INVS RECHNUNG RECHNUNGSNR RG RE RNR FACTURE FACT FAC FATTURA FACTURA FAKTURA NO NR NUM
    NUMBER BILL REF REFERENCE DOC""".split()
)
_OTHER_WORDS = frozenset(
    """ACCOUNT ACCT ACC AC TEL PHONE DATED DATE AMOUNT AMT TRANSFER CARD VAT TXN TRX IBAN FAX MOBILE KONTO BLZ BIC PAGE
    ROOM UNIT WEEK JOB""".split()
)
_ORDER_WORDS = frozenset("PO ORDER BESTELLUNG BESTELLNR COMMANDE PURCHASE AUFTRAG P O PONUM ORDERNO".split())
_CUSTOMER_WORDS = frozenset(
    "CUST CUSTOMER CUSTNO CLIENT KD KUNDE KUNDENNR KDNR ACCT ACCOUNT ACC A C DEBTOR DEBITOR MEMBER".split()
)
_PURPOSE_WORDS = frozenset(
    """DEPOSIT PREPAYMENT PREPAID PREPAY ADVANCE RETAINER VORKASSE ANZAHLUNG ACOMPTE DOWNPAYMENT LOAN DLA CAPITAL
    INTEREST ZINSEN VAT HMRC TAX IRS FINANZAMT STEUER STEUERERSTATTUNG DIVIDEND SAVINGS OWNER OWNERS DIRECTOR DIRECTORS
    DRAWINGS GRANT SALARY INSURANCE CLAIM CASHBACK REPAYMENT REBATE SHAREHOLDER EQUITY PAYOUT UPFRONT ERSTATTUNG REFUND
    CHARGEBACK REVERSAL INTERETS TVA""".split()
)


#: A statement as clear as this names the document; weaker ones only lean towards it.
CLEAR = 4.0


@dataclass(slots=True)
class Reading:
    """`cited` maps a document's place to the weight of the statement, `how` to its kind.

    `spoken` are digits that fit no document: a misspelt number, or somebody else's. `loose` are keys that too many
    documents share to be followed without knowing the payer.
    """

    cited: dict[int, float] = field(default_factory=dict)
    how: dict[int, Kind] = field(default_factory=dict)
    spoken: tuple[str, ...] = ()
    loose: frozenset[str] = frozenset()
    customers: tuple[int, ...] = ()
    other_purpose: bool = False
    #: Stated clearly, and nothing of it is left.
    settled: tuple[int, ...] = ()
    #: For each number that is stated: the documents that it may mean.
    groups: dict[str, tuple[int, ...]] = field(default_factory=dict)


_SILENT = Reading()


class Reader:
    """Reads texts against one book. `customer_words` maps what a customer's number looks like to the customer."""

    def __init__(self, book: Book, customer_words: dict[str, int]) -> None:
        self._book = book
        self._customers = customer_words
        self._most = log(len(book.documents) + w.SMALLEST_LEDGER) + w.CITED_AT_MOST

    def read(self, text: str) -> Reading:
        shown = text.upper()
        purpose = not _PURPOSE_WORDS.isdisjoint(_TOKEN.findall(shown))
        if not _HAS_DIGIT.search(shown):
            return Reading(other_purpose=True) if purpose else _SILENT
        return _OneText(self._book, self._customers, self._most, shown, purpose).reading()


class _OneText:
    """One text; what it states grows while it is read from left to right."""

    def __init__(self, book: Book, customers: dict[str, int], most: float, shown: str, purpose: bool) -> None:
        self.book, self.customers, self.most = book, customers, most
        self.found = Reading(other_purpose=purpose)
        self.shown = shown
        self.spoken: list[str] = []
        self.loose: list[str] = []
        self.payers: list[int] = []

    def reading(self) -> Reading:
        words = _TOKEN.findall(self._blanked())
        figures = sum([word[-1] in "0123456789" for word in words])
        alike = [numbers.look_alike(word) for word in words]
        place = 0
        while place < len(words):
            place += self._whole(words, alike, place) or self._part(words, alike, place)
        if self.found.cited and figures > 1:
            self._ranges()
        found = self.found
        found.spoken, found.loose = tuple(self.spoken), frozenset(self.loose)
        found.customers = tuple(dict.fromkeys(self.payers))
        gone = [one for one in found.cited if not self.book.left[one]]
        found.settled = tuple(one for one in gone if found.cited[one] >= CLEAR)
        for one in gone:
            del found.cited[one]
        found.groups = {key: left for key, places in found.groups.items() if (left := self._open(places))}
        return found

    def _open(self, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(place for place in places if place in self.found.cited)

    def _blanked(self) -> str:
        """Days, telephone numbers and amounts taken out, unless they are numbers of documents."""
        shown = self.shown
        points, others = "." in shown or "," in shown, "-" in shown or "/" in shown
        if points or others:
            shown = _DAY.sub(self._unless_known, shown)
        if any(mark in shown for mark in _TELEPHONE_MARKS):
            shown = _TELEPHONE.sub(self._unless_known, shown)
        return _AMOUNT.sub(self._unless_known, shown) if points else shown

    def _unless_known(self, match: re.Match[str]) -> str:
        return match.group() if numbers.as_read(match.group()) in self.book.by_full else " "

    def _whole(self, words: list[str], alike: list[str], place: int) -> int:
        """A document's whole number from here on, over one to four words; how many words it took."""
        if words[place].isalpha() and alike[place] not in self.book.heads:
            return 0
        joined, taken = "", 0
        for width, word in enumerate(alike[place : place + 4], start=1):
            joined += word
            if joined in self.book.by_full or joined in self.book.by_order or joined in self.customers:
                taken = width if _HAS_DIGIT.search("".join(words[place : place + width])) else taken
        if not taken:
            return 0
        joined = "".join(alike[place : place + taken])
        raw = "".join(words[place : place + taken])
        self._note_whole(joined, raw, words[place - 1] if place else "")
        return taken

    def _note_whole(self, joined: str, raw: str, before: str) -> None:
        digits = sum(letter.isdigit() for letter in raw)
        lettered = digits < len(raw)
        weight = w.DIGIT * digits + (w.PREFIX if lettered else w.BARE_DIGITS + _context(before))
        if joined in self.customers and (lettered or before in _CUSTOMER_WORDS):
            self.payers.append(self.customers[joined])
        self._note(self.book.by_order.get(joined), weight + w.PURCHASE_ORDER, "purchase order", joined)
        if before not in _ORDER_WORDS or not lettered:
            self._note(self.book.by_full.get(joined), weight, "number", joined)

    def _part(self, words: list[str], alike: list[str], place: int) -> int:
        """Digits that end a document's number; its prefix, year or zeros are missing. Always one word."""
        word = words[place]
        if not _HAS_DIGIT.search(word):
            return 1
        core = alike[place].lstrip("0") if alike[place].isdigit() else numbers.last_digits(word)
        before = words[place - 1] if place else ""
        if not core:
            return 1
        if before in _CUSTOMER_WORDS and core in self.customers:
            self.payers.append(self.customers[core])
            return 1
        weight = (
            w.DIGIT * len(core)
            + w.BARE_DIGITS
            + _context(before)
            + (w.INVOICE_WORD if word != core and not word.isdigit() else 0)
        )
        orders = self.book.by_order.get(core) if len(core) > 3 else ()
        self._note(orders, weight + w.PURCHASE_ORDER + (3 if before in _ORDER_WORDS else -1), "purchase order", core)
        known = self.book.by_core.get(core)
        if known and before not in _ORDER_WORDS:
            self._note(known, weight + w.TAIL, "part of the number", core)
        if before not in _OTHER_WORDS and not orders:
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
        firsts = [place for place in self.book.by_core.get(str(low)) if place in self.found.cited]
        owners = {self.book.customer[place] for place in firsts}
        for number in range(high if only_last else low, high + 1):
            places = [place for place in self.book.by_core.get(str(number)) if self.book.customer[place] in owners]
            for place in places:
                if place not in self.found.cited and self.book.left[place]:
                    self.found.cited[place], self.found.how[place] = 5.0, "range"
                    self.found.groups[str(number)] = (place,)


def _context(before: str) -> float:
    """What the word before bare digits says about them."""
    if before in _INVOICE_WORDS:
        return w.INVOICE_WORD
    return w.OTHER_WORD if before in _OTHER_WORDS else 0.0


def _completed(first: str, last: str) -> str:
    """`10231-33` means 10231 to 10233."""
    return first[: len(first) - len(last)] + last if len(last) < len(first) else last
