"""Invented names for the sandbox's customers. Addresses end in .example, which nobody can own."""

from __future__ import annotations

import random
import re

PLACES = (
    "Ashby", "Whitby", "Harrow", "Selby", "Penrith", "Ludlow", "Kendal", "Bodmin", "Ripon", "Tenby", "Larne", "Perth",
    "Marlow", "Epsom", "Morley", "Dunbar", "Hexham", "Ilkley", "Louth", "Oban", "Redcar", "Thirsk", "Wells", "Yarm",
)  # fmt: skip
SURNAMES = (
    "Adeyemi", "Baker", "Carter", "Dhillon", "Evans", "Fraser", "Grant", "Hughes", "Iqbal", "Jones", "Khan", "Lowe",
    "Moreau", "Novak", "O'Neill", "Patel", "Quinn", "Rossi", "Schmidt", "Turner", "Usman", "Vaughan", "Walker", "Young",
)  # fmt: skip
TRADES = (
    "Builders", "Interiors", "Estates", "Cafés", "Hotels", "Lettings", "Property Care", "Homes", "Architects", "Bakery",
    "Brewing", "Kitchens", "Schools Trust", "Dental", "Retail", "Design Studio", "Facilities", "Veterinary", "Gyms",
)  # fmt: skip
ENDINGS = ("Ltd", "LLP", "Limited", "& Sons Ltd", "Group", "plc")
FIRST = (
    "Amara", "Ben", "Chloe", "Dev", "Erin", "Farah", "George", "Hannah", "Imran", "Jess", "Kofi", "Leah", "Marco", "Nia",
    "Omar", "Priya", "Rhys", "Sofia", "Tom", "Una", "Viktor", "Wren", "Yusuf", "Zoe",
)  # fmt: skip
STREETS = ("High Street", "Mill Lane", "Station Road", "Church Walk", "Quay Street", "The Crescent", "Park Avenue")
WORKS = (
    "Oak staircase", "Fitted shelving", "Sash window repair", "Reception desk", "Kitchen worktops", "Door hanging",
    "Site survey", "Bespoke cabinet", "Panelling, per metre", "Workshop hours", "Delivery and fitting", "Timber, treated",
)  # fmt: skip


def company_names(chance: random.Random, count: int) -> list[str]:
    """`count` different names."""
    heads = [*PLACES, *SURNAMES]
    pairs = [f"{head} {trade}" for head in heads for trade in TRADES]
    chance.shuffle(pairs)
    return [f"{pair} {chance.choice(ENDINGS)}" for pair in pairs[:count]]


def domain(name: str) -> str:
    plain = re.sub(r"\b(ltd|limited|llp|plc|group|sons)\b", "", name.lower().replace("é", "e"))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") + ".example"


def other_spelling(chance: random.Random, name: str) -> str:
    """The same company as another clerk would have typed it."""
    variants = [
        name.replace(" Ltd", " Limited") if " Ltd" in name else f"{name} Ltd",
        name.upper(),
        name.replace("&", "and") if "&" in name else f"The {name}",
        re.sub(r" (Ltd|Limited|LLP|plc|Group)$", "", name),
    ]
    return chance.choice([variant for variant in variants if variant != name])
