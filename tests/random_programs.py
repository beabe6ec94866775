"""Random tournament programs of every kind of instruction."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from zermelo.tournament.program import (
    BUCHHOLZ,
    BYE,
    COPY,
    FOLD,
    FREE,
    HEAD_TO_HEAD,
    RANDOM,
    RANDOM_GAME,
    RATE,
    REMATCH,
    SHUFFLE,
    SLIDE,
    SONNEBORN_BERGER,
    SORT,
    SWISS,
    WINS,
    Band,
    Builder,
    Program,
    Series,
)

LEAGUE = Series(decisive=False)
BREAKERS = (WINS, BUCHHOLZ, SONNEBORN_BERGER, HEAD_TO_HEAD, RATE)


def exit_all(build: Builder, registers: list[int]) -> None:
    for place, register in enumerate(registers, 1):
        build.exit(register, Band(place, place, 0))


def knockout(build: Builder, rng: np.random.Generator, alive: list[int], forced: bool) -> None:
    """Random pairings with byes, until one is left; between rounds items may change places."""
    round = 1
    while len(alive) > 1:
        first = build.registers(len(alive))
        if rng.random() < 0.4 and alive == list(range(alive[0], alive[0] + len(alive))):
            build.add(SHUFFLE if rng.random() < 0.5 else SORT, alive[0], len(alive))
        alive = [int(place) for place in rng.permutation(alive)]
        n_matches = int(rng.integers(1, len(alive) // 2 + 1))
        survivors = []
        for k in range(n_matches):
            win, lose = first + k, first + len(alive) - 1 - k
            table = build.table(Series(best_of=2 * int(rng.integers(0, 2)) + 1))
            known = int(rng.integers(0, 2)) if forced and rng.random() < 0.2 else FREE
            build.add(0, alive[2 * k], alive[2 * k + 1], win, lose, table, round, known)
            if rng.random() < 0.2:
                a, b = (win, lose) if rng.random() < 0.5 else (lose, win)
                build.add(REMATCH, a, b, win, lose, table, round, known)
            if rng.random() < 0.2:
                build.add(COPY, lose, lose := build.registers(1))
            build.exit(lose, Band(len(alive), len(alive), round - 1))
            survivors.append(win)
        alive = survivors + alive[2 * n_matches :]
        round += 1
    build.exit(alive[0], Band(1, 1, round - 1))


def ranked(build: Builder, rng: np.random.Generator, first: int, count: int) -> int:
    size = int(rng.integers(0, 5))
    if rng.random() < 0.3:
        build.add(BYE, first + int(rng.integers(0, count)))
    return build.rank(first, count, [int(breaker) for breaker in rng.permutation(BREAKERS)[:size]])


def league(build: Builder, rng: np.random.Generator, n: int) -> None:
    """Two groups, each everybody against everybody, then a knockout of the first halves."""
    through: list[int] = []
    borders = [0, n // 2, n] if n >= 4 else [0, n]
    out: list[int] = []
    for begin, end in pairwise(borders):
        for i in range(begin, end):
            for j in range(i + 1, end):
                known = int(rng.integers(0, 3)) if rng.random() < 0.1 else FREE
                build.add(2, i, j, build.table(LEAGUE), 1, known)
        places = ranked(build, rng, begin, end - begin)
        cut = places + (end - begin + 1) // 2
        through += range(places, cut)
        out += range(cut, places + end - begin)
    for place in out:
        build.exit(place, Band(n, n, 0))
    knockout(build, rng, through, forced=True)


def swiss(build: Builder, rng: np.random.Generator, n: int) -> None:
    pairing = int(rng.choice([SLIDE, FOLD, RANDOM]))
    if rng.random() < 0.3:
        build.add(SHUFFLE, 0, n)
    for round in range(1, int(rng.integers(1, n // 2 + 1)) + 1):
        build.add(SWISS, 0, n, build.table(LEAGUE), round, pairing)
    places = ranked(build, rng, 0, n)
    exit_all(build, list(range(places, places + n)))


def random_games(build: Builder, rng: np.random.Generator, n: int) -> None:
    for _ in range(int(rng.integers(1, 30))):
        build.add(RANDOM_GAME, build.table(LEAGUE), 1)
    places = ranked(build, rng, 0, n)
    exit_all(build, list(range(places, places + n)))


def random_program(kind: str, n: int, rng: np.random.Generator) -> Program:
    build = Builder(n)
    if kind == "knockout":
        knockout(build, rng, list(range(n)), forced=bool(rng.random() < 0.5))
    elif kind == "league":
        league(build, rng, n)
    elif kind == "swiss":
        swiss(build, rng, n)
    else:
        random_games(build, rng, n)
    draw = int(rng.integers(0, 3))
    return build.program(1, win_points=draw + int(rng.integers(0, 3)), draw_points=draw)
