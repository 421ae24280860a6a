"""How people and banks spoil what they write: references, names."""

import random

_PHRASES = [
    "{}", "{}", "{}", "Invoice {}", "inv {}", "INV NO {}", "Payment for {}", "RE: {}", "Rechnung {}", "Ref {} thank you",
    "{} ACCOUNT 2281", "FACTURE NO. {}", "PYMT {}", "your inv. {} dated {date}", "{} tel 020 7946 0{phone}", "#{}",
    "{} amount {amount}", "BACS {}",
]  # fmt: skip
_EMPTY = [
    "",
    "",
    "",
    "PAYMENT",
    "thank you",
    "monthly payment",
    "invoice",
    "services",
    "BGC",
    "{date}",
    "TRANSFER {phone}",
]
_NOISE = ["SEPA CREDIT ", "FASTER PAYMENT FROM ", "BACS CREDIT ", "FPI ", "GIRO ", "CHAPS FROM "]
_LOOK_ALIKE = {"0": "O", "1": "l", "5": "S", "8": "B"}
_SEPARATORS = [", ", " ", " + ", "/", " and ", "; ", ","]


def phrase(chance: random.Random, numbers: str, amount: int, date: str) -> str:
    text = chance.choice(_PHRASES)
    return _filled(chance, text, amount, date).replace("{}", numbers)


def nothing_said(chance: random.Random, amount: int, date: str) -> str:
    return _filled(chance, chance.choice(_EMPTY), amount, date)


def _filled(chance: random.Random, text: str, amount: int, date: str) -> str:
    shown = f"{amount / 100:.2f}"
    phone = str(chance.randrange(100, 999))
    return text.replace("{date}", date).replace("{phone}", phone).replace("{amount}", shown)


def joined(chance: random.Random, numbers: list[str]) -> str:
    return chance.choice(_SEPARATORS).join(numbers)


def spoilt_number(chance: random.Random, number: str, again: float) -> str:
    """A number as it arrives: a typing slip, a misread letter, a lost prefix."""
    slips = [_no_separators, _no_prefix, _no_prefix, _no_zeros, _misread, _swapped, _spaced, _lower, _wrong_digit]
    spoilt = chance.choice(slips)(chance, number)
    return chance.choice(slips)(chance, spoilt) if chance.random() < again else spoilt


def _no_separators(_: random.Random, number: str) -> str:
    return "".join(filter(str.isalnum, number))


def _lower(_: random.Random, number: str) -> str:
    return number.lower().replace("-", " ")


def _spaced(_: random.Random, number: str) -> str:
    return number.replace("-", " - ").replace("/", " ")


def _no_prefix(_: random.Random, number: str) -> str:
    return number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ-/ ") or number


def _no_zeros(_: random.Random, number: str) -> str:
    head = number.rstrip("0123456789")
    return head + (number[len(head) :].lstrip("0") or "0")


def _misread(chance: random.Random, number: str) -> str:
    places = [place for place, letter in enumerate(number) if letter in _LOOK_ALIKE]
    if not places:
        return number
    place = chance.choice(places)
    return number[:place] + _LOOK_ALIKE[number[place]] + number[place + 1 :]


def _swapped(chance: random.Random, number: str) -> str:
    places = [n for n in range(len(number) - 1) if number[n].isdigit() and number[n + 1].isdigit()]
    if len(places) < 3:
        return number
    place = chance.choice(places)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def _wrong_digit(chance: random.Random, number: str) -> str:
    places = [place for place, letter in enumerate(number) if letter.isdigit()]
    if len(places) < 4:
        return number
    place = chance.choice(places)
    return number[:place] + chance.choice("0123456789") + number[place + 1 :]


def bank_name(chance: random.Random, name: str, noise: float) -> str:
    """A payer's name as a statement shows it."""
    if chance.random() > noise:
        return name
    shown = name.upper() if chance.random() < 0.8 else name
    if chance.random() < 0.35:
        shown = shown.rpartition(" ")[0] or shown
    if chance.random() < 0.3:
        shown = chance.choice(_NOISE) + shown
    if chance.random() < 0.12:
        place = chance.randrange(len(shown))
        shown = shown[:place] + shown[place + 1 :]
    if chance.random() < 0.08:
        return ""
    return shown[: chance.choice((18, 35, 35, 70))].strip()
