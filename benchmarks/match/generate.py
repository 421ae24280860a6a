"""A whole ledger with its truth: every case of a mix, in the order of the calendar."""

import random

from benchmarks.match import cases, strays
from benchmarks.match.mixes import Mix
from benchmarks.match.world import World, found


def generate(mix: Mix, seed: int, payments: int) -> World:
    """At least `payments` payments; the same mix and seed give the same ledger."""
    world = found(mix, seed, payments)
    names, weights = list(mix.cases), list(mix.cases.values())
    while len(world.payments) < payments:
        name = world.chance.choices(names, weights)[0]
        before = len(world.payments)
        (getattr(cases, name, None) or getattr(strays, name))(world)
        for made in world.payments[before:]:
            world.case_of[made.id] = name
        if world.happens(mix.unpaid):
            world.invoice(world.client())
    _scatter(world)
    return world


def _scatter(world: World) -> None:
    """Ids tell nothing: neither order nor neighbourhood."""
    chance = random.Random(len(world.payments))
    chance.shuffle(world.documents)
    chance.shuffle(world.payments)
