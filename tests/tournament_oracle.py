"""The slow, obvious interpreter of designs' programs, and what every program must be.

`play` runs one replicate by the random bits that the module `program` writes down. `exact` goes
through all that can happen, in place of drawing, and adds up probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tournament_chance import DRAW, HALF, LOSS, MIRRORED, WIN, Chance, Drawn, Told

from zermelo.tournament.program import (
    BUCHHOLZ,
    BYE,
    COPY,
    EXIT,
    FOLD,
    FREE,
    GAME,
    HEAD_TO_HEAD,
    MATCH,
    MOST_CHOICES,
    RANDOM,
    RANDOM_GAME,
    RANK,
    RATE,
    REMATCH,
    SHUFFLE,
    SLIDE,
    SONNEBORN_BERGER,
    SORT,
    SWISS,
    WINS,
    Program,
)


@dataclass
class Played:
    """What happened in a replicate."""

    n: int
    band: list[int] = field(default_factory=list)  # of each item, -1 without an exit
    # Round, first, second and how the first fared; None for a rematch that was not played.
    matches: list[tuple[int, int, int, int] | None] = field(default_factory=list)
    # The round, 0 where the program does not say it, and the item.
    byes: list[tuple[int, int]] = field(default_factory=list)
    ranked: list[list[int]] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    wins: list[int] = field(default_factory=list)
    opponents: list[list[tuple[int, int]]] = field(default_factory=list)  # and how one fared

    def __post_init__(self) -> None:
        self.band = [-1] * self.n
        self.points, self.wins = [0] * self.n, [0] * self.n
        self.opponents = [[] for _ in range(self.n)]

    @property
    def n_matches(self) -> int:
        return sum(match is not None for match in self.matches)

    def met(self, i: int, j: int) -> bool:
        return any(opponent == j for opponent, _ in self.opponents[i])


def play(program: Program, chance: Chance, most_choices: int = MOST_CHOICES) -> Played:
    """One replicate; a program that breaks the rules is an AssertionError."""
    register: list[int | None] = [None] * program.n_registers
    register[: program.n_items] = range(program.n_items)
    played = Played(program.n_items)

    def read(place: int) -> int:
        item = register[place]
        assert item is not None, f"register {place} is read before it is written"
        return item

    for row in program.code.tolist():
        operation, x, y, *_ = row
        if operation in (MATCH, REMATCH):
            _, a, b, win, lose, table, round, forced = row
            i, j = read(a), read(b)
            assert i != j
            assert forced != DRAW
            needed = operation == MATCH or read(win) == j
            first, second, outcome = (
                chance.result(table, i, j, forced)
                if needed or isinstance(chance, Drawn)
                else (i, j, WIN)
            )
            played.matches.append((round, first, second, outcome) if needed else None)
            if needed:
                assert outcome != DRAW, "a match has a winner"
                best = first if outcome == WIN else second
                register[win], register[lose] = best, j if best == i else i
        elif operation == GAME:
            _, a, b, table, round, forced, *_ = row
            points_game(program, played, chance.result(table, read(a), read(b), forced), round)
        elif operation == RANDOM_GAME:
            i, j = chance.pair(program.n_items)
            points_game(program, played, chance.result(x, i, j, FREE), y)
        elif operation == SWISS:
            _, first_register, count, table, round, pairing, *_ = row
            entrants = [read(first_register + k) for k in range(count)]
            for a, b in swiss_round(
                program, played, chance, entrants, round, pairing, most_choices
            ):
                points_game(program, played, chance.result(table, a, b, FREE), round)
        elif operation == RANK:
            _, first_register, count, into, first_breaker, n_breakers, *_ = row
            entrants = [read(first_register + k) for k in range(count)]
            breakers = program.breakers[first_breaker:][:n_breakers].tolist()
            assert len(breakers) == n_breakers
            register[into : into + count] = ranked = rank(
                program, played, chance, entrants, breakers
            )
            played.ranked.append(ranked)
        elif operation in (SHUFFLE, SORT):
            items = [read(x + k) for k in range(y)]
            register[x : x + y] = chance.shuffled(items) if operation == SHUFFLE else sorted(items)
        elif operation == COPY:
            register[y] = read(x)
        elif operation == BYE:
            give_bye(program, played, read(x), 0)
        elif operation == EXIT:
            item = read(x)
            assert played.band[item] == -1, f"item {item} exits twice"
            played.band[item] = y
        else:
            raise AssertionError(f"no operation {operation}")
    return played


def points_game(program: Program, played: Played, result: tuple[int, int, int], round: int) -> None:
    first, second, outcome = result
    played.matches.append((round, first, second, outcome))
    mirrored = MIRRORED[outcome]
    for item, opponent, fared in ((first, second, outcome), (second, first, mirrored)):
        played.opponents[item].append((opponent, fared))
        played.points[item] += points_of(program, fared)
        played.wins[item] += fared == WIN


def give_bye(program: Program, played: Played, item: int, round: int) -> None:
    played.byes.append((round, item))
    played.points[item] += program.win_points
    played.wins[item] += 1


def points_of(program: Program, fared: int) -> int:
    return {WIN: program.win_points, DRAW: program.draw_points, LOSS: 0}[fared]


def rank(
    program: Program, played: Played, chance: Chance, entrants: list[int], breakers: list[int]
) -> list[int]:
    lots = chance.lots(len(entrants))
    classes = split([list(range(len(entrants)))], lambda place: played.points[entrants[place]])
    for breaker in breakers:
        refined = []
        for equal in classes:
            rivals = [entrants[place] for place in equal]
            values = {
                place: value(program, played, breaker, entrants[place], rivals) for place in equal
            }
            refined += split([equal], values.__getitem__)
        classes = refined
    return [entrants[place] for equal in classes for place in chance.by_lot(lots, equal)]


def split(classes: list[list[int]], value_of: Any) -> list[list[int]]:
    """Classes of equals, each split by a value, the higher first."""
    return [
        [place for place in equal if value_of(place) == worth]
        for equal in classes
        for worth in sorted({value_of(place) for place in equal}, reverse=True)
    ]


def value(program: Program, played: Played, breaker: int, item: int, rivals: list[int]) -> int:
    games = played.opponents[item]
    if breaker == WINS:
        return played.wins[item]
    if breaker == BUCHHOLZ:
        return sum(played.points[opponent] for opponent, _ in games)
    if breaker == SONNEBORN_BERGER:
        worth = {WIN: 2, DRAW: 1, LOSS: 0}
        return sum(worth[fared] * played.points[opponent] for opponent, fared in games)
    if breaker == HEAD_TO_HEAD:
        return sum(points_of(program, fared) for opponent, fared in games if opponent in rivals)
    assert breaker == RATE
    worth = {WIN: 2, DRAW: 1, LOSS: 0}
    halves = [worth[fared] for _, fared in games] + [2 for _, bye in played.byes if bye == item]
    return (sum(halves) << 30) // (2 * len(halves)) if halves else HALF // 2


def swiss_round(
    program: Program,
    played: Played,
    chance: Chance,
    entrants: list[int],
    round: int,
    pairing: int,
    most_choices: int,
) -> list[tuple[int, int]]:
    """The pairs of a round; who has a bye gets its points."""
    points = played.points
    order = sorted(range(len(entrants)), key=lambda place: -points[entrants[place]])
    if pairing == RANDOM:
        lots = chance.lots(len(entrants))
        equals = split([order], lambda place: points[entrants[place]])
        order = [place for equal in equals for place in chance.by_lot(lots, equal)]
    free = [entrants[place] for place in order]
    if len(free) % 2:
        had = {item for _, item in played.byes}
        bye = next((item for item in reversed(free) if item not in had), free[-1])
        free.remove(bye)
        give_bye(program, played, bye, round)
    try:
        pairs = first_pairs(played, free, pairing, iter(range(most_choices)))
        assert pairs is not None, "there is no pairing without a rematch"
    except StopIteration:
        pairs = pairs_of_circle(played, free)
    assert not any(played.met(a, b) for a, b in pairs)
    return pairs


def offers(played: Played, free: list[int], pairing: int) -> list[int]:
    """Whom the first of `free` is offered, in order."""
    g = sum(played.points[item] == played.points[free[0]] for item in free)
    numbers: list[int] = []
    if pairing == SLIDE:
        numbers = [*range(g // 2, g), *range(g // 2 - 1, 0, -1)] if g > 1 else []
    elif pairing == FOLD:
        numbers = list(range(g - 1, 0, -1))
    elif pairing == RANDOM:
        numbers = list(range(1, g))
    return [free[number] for number in (*numbers, *range(g, len(free)))]


def first_pairs(
    played: Played, free: list[int], pairing: int, choices: Iterator[int]
) -> list[tuple[int, int]] | None:
    """Depth first; StopIteration where there have been too many choices."""
    if not free:
        return []
    for opponent in offers(played, free, pairing):
        if played.met(free[0], opponent):
            continue
        next(choices)
        rest = [item for item in free[1:] if item != opponent]
        found = first_pairs(played, rest, pairing, choices)
        if found is not None:
            return [(free[0], opponent), *found]
    return None


def pairs_of_circle(played: Played, free: list[int]) -> list[tuple[int, int]]:
    """Palmer's algorithm; neighbours in the circle who have met are parted by turning a part."""
    n = len(free)
    circle = free.copy()

    def met(i: int, j: int) -> bool:
        return played.met(circle[i % n], circle[j % n])

    k = 0
    while k < n:
        if not met(k, k + 1):
            k += 1
            continue
        j = next(j for j in range(k + 2, k + n) if not met(k, j) and not met(k + 1, j + 1))
        turned = [circle[i % n] for i in range(k + 1, j + 1)]
        for i, item in zip(range(k + 1, j + 1), reversed(turned), strict=True):
            circle[i % n] = item
        k = 0
    rank_of = {item: place for place, item in enumerate(free)}
    return [
        (a, b) if rank_of[a] < rank_of[b] else (b, a)
        for a, b in zip(circle[::2], circle[1::2], strict=True)
    ]


def outcomes(program: Program, win: Any, draw: Any = None) -> Iterator[tuple[Any, Played]]:
    """All that can happen, each with its probability."""
    paths: list[list[int]] = [[]]
    while paths:
        path = paths.pop()
        chance = Told(path, win, draw)
        played = play(program, chance)
        yield chance.probability, played
        for depth in range(len(path), len(chance.options)):
            for other in range(1, chance.options[depth]):
                paths.append([*chance.chosen[:depth], other])


@dataclass
class Exact:
    """Exact probabilities: band[i][k], reach[i][r], and the matches expected."""

    band: list[list[Any]]
    reach: list[list[Any]]
    n_matches: Any

    @property
    def champion(self) -> list[Any]:
        return [row[0] for row in self.band]


def exact(program: Program, win: Any, draw: Any = None) -> Exact:
    """Sums over all outcomes; `win` and `draw` of shape (tables, n, n)."""
    band: list[list[Any]] = [[0] * len(program.bands) for _ in range(program.n_items)]
    n_matches: Any = 0
    for probability, played in outcomes(program, win, draw):
        n_matches += probability * played.n_matches
        for item, place in enumerate(played.band):
            band[item][place] += probability
    return Exact(band, reach_of(program, band), n_matches)


def reach_of(program: Program, band: list[list[Any]]) -> list[list[Any]]:
    """P(survives r rounds) for r = 0 to n_rounds."""
    return [
        [
            sum(p for p, place in zip(row, program.bands, strict=True) if place.round >= r)
            for r in range(program.n_rounds + 1)
        ]
        for row in band
    ]


def check_program(program: Program) -> None:
    """What holds for every program, whatever happens when it is run."""
    first = 1
    for band in program.bands:
        assert band.first == first
        assert band.last >= first
        assert 0 <= band.round < program.n_rounds or band.first == 1
        first = band.last + 1
    assert first == program.n_items + 1
    assert program.bands[0].last == 1
    assert program.bands[0].round == program.n_rounds
    rounds = [band.round for band in program.bands]
    assert rounds == sorted(rounds, reverse=True)
    assert program.code[:, 0].max() <= BYE


def check_played(program: Program, played: Played) -> None:
    """What holds for every replicate."""
    sizes = [band.last - band.first + 1 for band in program.bands]
    assert [played.band.count(k) for k in range(len(sizes))] == sizes
    assert len(played.matches) == program.most_matches
    rounds = [match[0] for match in played.matches if match is not None]
    assert rounds == sorted(rounds)
    assert set(rounds) <= set(range(1, program.n_rounds + 1))
    most = max(map(len, played.opponents))
    assert most <= program.most_games
