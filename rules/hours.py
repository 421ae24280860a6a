"""When a message may arrive: working days and hours where the debtor is."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from receivables.open_items import OpenItem
from receivables.workdays import is_workday, next_workday
from rules.situation import Situation

#: Countries with far-off islands, and the zone where nearly everybody lives.
_MAIN_ZONES = {"ES": "Europe/Madrid", "PT": "Europe/Lisbon", "NZ": "Pacific/Auckland", "CN": "Asia/Shanghai"}


def zone_of(item: OpenItem, situation: Situation) -> ZoneInfo:
    """The customer's zone, else its country's if that has only one, else the business's."""
    customer = item.customer
    if customer and customer.timezone:
        try:
            return ZoneInfo(customer.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # a platform's own name for a zone, or a misspelt one: the country still tells
    return _zone_of_country(country_of(item, situation), situation.today.year) or situation.zone


def country_of(item: OpenItem, situation: Situation) -> str:
    """Whose public holidays count."""
    return (item.customer.country.upper() if item.customer else "") or situation.business.country


@lru_cache(maxsize=512)
def _zone_of_country(country: str, year: int) -> ZoneInfo | None:
    """The zone of a country whose clocks all agree, in winter and in summer; None for one with several."""
    if country in _MAIN_ZONES:
        return ZoneInfo(_MAIN_ZONES[country])
    zones = [ZoneInfo(name) for name in get_global("territory_zones").get(country, ())]
    days = [dt.datetime(year, month, 1, 12) for month in (1, 7)]  # noqa: DTZ001  # a wall clock, the same for all zones
    offsets = {tuple(zone.utcoffset(day) for day in days) for zone in zones}
    return zones[0] if len(offsets) == 1 else None


def next_allowed(item: OpenItem, situation: Situation) -> dt.datetime:
    """`now` when a message may arrive now, else the next instant (UTC) when it may."""
    place = (item.customer.timezone if item.customer else "", country_of(item, situation))
    found = situation.allowed.get(place)
    if found is None:
        found = _next_allowed(zone_of(item, situation), place[1], situation)
        situation.allowed[place] = found
    return found


def _next_allowed(zone: ZoneInfo, country: str, situation: Situation) -> dt.datetime:
    guards = situation.guards
    local = situation.now.astimezone(zone)
    today = local.date()
    if is_workday(today, country):
        if guards.send_from <= local.time() < guards.send_until:
            return situation.now
        if local.time() < guards.send_from:
            return dt.datetime.combine(today, guards.send_from, zone).astimezone(dt.UTC)
    following = next_workday(today + dt.timedelta(days=1), country)
    return dt.datetime.combine(following, guards.send_from, zone).astimezone(dt.UTC)
