"""Which language a debtor is written to in, and how amounts and days look there."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern

from receivables.business import Business
from receivables.money import Money, exponent
from receivables.open_items import OpenItem

LANGUAGES = ("en", "de", "fr", "es")

#: Countries where one of our languages is the one that business is done in; Belgium, Switzerland and Canada have none.
_SPOKEN = {
    **dict.fromkeys("DE AT LI".split(), "de"),
    **dict.fromkeys("FR MC LU".split(), "fr"),
    **dict.fromkeys("ES MX AR CL CO PE UY PY BO EC VE CR PA GT HN NI SV DO".split(), "es"),
    **dict.fromkeys("GB IE US AU NZ ZA SG IN".split(), "en"),
}
_USUAL_COUNTRY = {"en": "GB", "de": "DE", "fr": "FR", "es": "ES"}


def language_of(items: Iterable[OpenItem], business: Business, preferred: str = "") -> str:
    """The customer's own language, else its country's, else the sender's, else the business's country's, else English."""
    customers = [item.customer for item in items if item.customer]
    wishes = [_language(customer.language) for customer in customers]
    wishes += [_SPOKEN.get(customer.country.upper(), "") for customer in customers]
    wishes += [_language(preferred), _SPOKEN.get(business.country, "")]
    return next((wish for wish in wishes if wish), "en")


def language_in(country: str) -> str:
    """The language that business is done in, in a country (ISO 3166): where it is none of ours, or no one, English."""
    return _SPOKEN.get(country.upper(), "en")


def _language(tag: str) -> str:
    """`de`, `de-AT` and `de_AT` are German; a language that we have no words in is none."""
    code = re.split(r"[-_]", tag.strip().lower())[0]
    return code if code in LANGUAGES else ""


def locale_of(language: str, countries: Iterable[str]) -> Locale:
    """The language as written in the first of some countries that has it, such as en-AU; else its usual form."""
    for country in countries:
        found = _locale(language, country.upper())
        if found:
            return found
    return Locale(language, _USUAL_COUNTRY[language])


@lru_cache(maxsize=512)
def _locale(language: str, country: str) -> Locale | None:
    try:
        return Locale(language, country) if re.fullmatch("[A-Z]{2}", country) else None
    except UnknownLocaleError:
        return None


def money_text(money: Money, locale: Locale) -> str:
    """An amount with all digits that its currency has by ISO 4217 (CLDR shows fewer for some), and its sign or code."""
    pattern = _pattern(str(locale), exponent(money.currency))
    text: str = pattern.apply(money.decimal, locale, currency=money.currency, currency_digits=False)
    return text


@lru_cache(maxsize=64)
def _pattern(locale: str, digits: int) -> NumberPattern:
    usual = Locale.parse(locale).currency_formats["standard"].pattern
    return parse_pattern(re.sub(r"\.0+", "." + "0" * digits if digits else "", usual))


def day_text(day: dt.date | None, locale: Locale) -> str:
    """With the month as a word, so that no country reads 3/4 as another day; empty for no day."""
    return "" if day is None else format_date(day, format="long", locale=locale)
