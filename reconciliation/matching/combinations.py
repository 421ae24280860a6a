"""Sets of a customer's documents that add up to an amount. The search is bounded: see WINDOW and FOURS_WITHIN."""

from collections import defaultdict
from math import comb, log

from reconciliation.matching import weights as w

#: (places, weight of such a set being meant, what it is)
Found = tuple[tuple[int, ...], float, str]


def adding_up(places: list[int], amounts: list[int], amount: int, within: int) -> list[Found]:
    """Sets of two and more that add up to `amount`, each once, the plainest reading of it first.

    `places` are ordered by due day, `amounts` are what is left of each; credit notes count below zero. `within` is
    how many documents the customer has open.
    """
    if sum([value for value in amounts if value > 0]) < amount:
        return []
    found: dict[tuple[int, ...], Found] = {}
    for one in (
        *_runs(places, amounts, amount),
        *_runs_but_one(places, amounts, amount),
        *_subsets(places, amounts, amount, within),
    ):
        if one[0] not in found or found[one[0]][1] < one[1]:
            found[one[0]] = one
    return sorted(found.values(), key=lambda one: (-one[1], one[0]))


def _runs(places: list[int], amounts: list[int], amount: int) -> list[Found]:
    """Neighbours by due day: everything, the oldest ones, or a statement's month."""
    sums, reached = {0: [0]}, 0
    runs = []
    count = len(places)
    each = w.RUN - log(max(1, count))
    for end, value in enumerate(amounts, start=1):
        reached += value
        for start in sums.get(reached - amount, ()):
            if end - start > 1:
                whole = end - start == count
                weight = w.EVERYTHING if whole else each + (0.7 if start == 0 else 0.0)
                runs.append((tuple(places[start:end]), weight, "everything open" if whole else "a run"))
        sums.setdefault(reached, []).append(end)
    return runs


def _runs_but_one(places: list[int], amounts: list[int], amount: int) -> list[Found]:
    """Five or more neighbours of which one is left out; smaller ones are found as subsets."""
    count = len(amounts)
    weight = w.RUN_BUT_ONE - 2 * log(max(1, count))
    found = []
    where: dict[int, list[int]] = defaultdict(list)
    for place, value in enumerate(amounts):
        where[value].append(place)
    for start in range(count - 4):
        reached = sum(amounts[start : start + 4])
        for end in range(start + 5, count + 1):
            reached += amounts[end - 1]
            for out in where.get(reached - amount, ()):
                if start < out < end - 1:
                    found.append(((*places[start:out], *places[out + 1 : end]), weight, "a run"))
    return found


def _subsets(places: list[int], amounts: list[int], amount: int, within: int) -> list[Found]:
    """Any two, three or four."""
    count = len(places)
    pairs: dict[int, list[tuple[int, int]]] = defaultdict(list)
    found: list[Found] = []
    two, three, four = (w.SUBSET - log(max(1, comb(max(within, count), size))) for size in (2, 3, 4))
    fours = count <= w.FOURS_WITHIN
    for last in range(count):
        rest = amount - amounts[last]
        for first, second in pairs.get(rest, ())[:6]:
            found.append(((places[first], places[second], places[last]), three, "several"))
        for other in range(last):
            pair = amounts[other] + amounts[last]
            if pair == amount:
                found.append(((places[other], places[last]), two, "several"))
            if fours:
                for first, second in pairs.get(amount - pair, ())[:4]:
                    if second < other:
                        found.append(((places[first], places[second], places[other], places[last]), four, "several"))
        for other in range(last):
            pairs[amounts[other] + amounts[last]].append((other, last))
    return found
