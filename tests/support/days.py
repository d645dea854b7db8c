"""Days to be planned: made at random, with skills, windows, breaks, parts to fetch and visits that are bound."""

import math
import random

from mendline.routing import Break, Problem, Technician, Visit

MINUTE, HOUR = 60, 3600
SKILLS = ("pump", "monitor", "ventilator", "imaging")
PRIZES = {1: 20 * HOUR, 2: 8 * HOUR, 3: 4 * HOUR, 4: 2 * HOUR}


def a_day(seed: int, visits: int, technicians: int, *, plain: bool = False) -> Problem:
    """A city of 40 km, visits of half an hour to two hours, technicians from 8 to 18 o'clock.

    plain: no breaks, no parts to fetch, nothing bound. Otherwise each of these comes with some of them.
    """
    chance = random.Random(seed)
    places = [(chance.gauss(20, 8), chance.gauss(20, 8)) for _ in range(visits + technicians + 1)]
    depot = visits + technicians
    people = []
    for number in range(technicians):
        able = frozenset(chance.sample(SKILLS, chance.randint(1, 3)))
        home = visits + number
        rest = () if plain else (Break(30 * MINUTE, (11 * HOUR, 13 * HOUR)),) * chance.choice((0, 1, 1))
        people.append(
            Technician(
                id=f"t{number}",
                start=home,
                end=chance.choice((home, None)),
                shift=(8 * HOUR, 18 * HOUR),
                skills=able,
                breaks=rest,
            )
        )
    work = []
    for number in range(visits):
        begins = 8 * HOUR + chance.randint(0, 6) * HOUR
        windows = [(begins, begins + chance.choice((2, 4)) * HOUR)]
        if not plain and chance.random() < 0.1:
            windows = [(8 * HOUR, 10 * HOUR), (14 * HOUR, 16 * HOUR)]
        bound = None if plain or chance.random() > 0.05 else chance.choice(people)
        work.append(
            Visit(
                id=f"v{number}",
                place=number,
                service=chance.choice((30, 45, 60, 90)) * MINUTE,
                windows=tuple(windows),
                skills=frozenset() if bound else frozenset({chance.choice(SKILLS)}),
                prize=PRIZES[chance.choice((1, 2, 3, 3, 4, 4))],
                technician=bound.id if bound else None,
                pickup=depot if not plain and not bound and chance.random() < 0.1 else None,
                pickup_service=10 * MINUTE,
            )
        )
    travel = tuple(tuple(int(math.dist(a, b) / 28 * HOUR) for b in places) for a in places)
    return Problem(visits=tuple(work), technicians=tuple(people), travel=travel)
