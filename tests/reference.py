"""The slow, obvious oracle: what the fast code must agree with, written out row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

import zermelo as zm

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Comparisons, one a row: codes, the score of `a`, how many and how important."""

    n: int
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    score: Real
    count: NDArray[np.int64]
    weight: Real

    @property
    def design(self) -> Real:
        """Row r is e_a - e_b."""
        matrix = np.zeros((len(self.a), self.n))
        matrix[np.arange(len(self.a)), self.a] += 1.0
        matrix[np.arange(len(self.a)), self.b] -= 1.0
        return matrix

    def comparisons(self, *, weighted: bool = True, **options: Any) -> zm.Comparisons:
        weight = self.weight if weighted else None
        return zm.Comparisons(
            self.a, self.b, self.score, count=self.count, weight=weight, **options
        )

    def without_ties(self) -> Rows:
        return self.only(self.score != 0.5)

    def only(self, keep: NDArray[np.bool_]) -> Rows:
        columns = (self.a, self.b, self.score, self.count, self.weight)
        return Rows(self.n, *(column[keep] for column in columns))


def random_rows(
    seed: int,
    n: int = 6,
    m: int = 40,
    *,
    scores: tuple[float, ...] = (0.0, 1.0),
    counted: bool = False,
    weighted: bool = False,
) -> Rows:
    """Random comparisons, after a tour that loses to its successor, so that the maximum exists."""
    random = np.random.default_rng(seed)
    tour = random.permutation(n)
    a = np.concatenate([tour, random.integers(0, n, m)])
    b = np.concatenate([np.roll(tour, 1), random.integers(1, n, m)])
    b[n:] = (a[n:] + b[n:]) % n
    score = np.concatenate([np.zeros(n), random.choice(scores, m)])
    count = random.integers(1, 5, n + m) if counted else np.ones(n + m, np.int64)
    weight = random.uniform(0.2, 3.0, n + m) if weighted else np.ones(n + m)
    return Rows(n, a, b, score, count, weight)


def win_probability(ability: Real, rows: Rows) -> Real:
    return 1.0 / (1.0 + np.exp(-(ability[rows.a] - ability[rows.b])))


def log_likelihood(ability: Real, rows: Rows, prior: float = 0.0) -> float:
    p = win_probability(ability, rows)
    each = rows.score * np.log(p) + (1.0 - rows.score) * np.log1p(-p)
    virtual = 1.0 / (1.0 + np.exp(-ability))
    penalty = 0.5 * prior * (np.log(virtual) + np.log1p(-virtual)).sum()
    return float((rows.count * rows.weight * each).sum() + penalty)


def score_vector(ability: Real, rows: Rows, prior: float = 0.0) -> Real:
    residual = rows.count * rows.weight * (rows.score - win_probability(ability, rows))
    virtual = 1.0 / (1.0 + np.exp(-ability))
    return rows.design.T @ residual + prior * (0.5 - virtual)


def information(ability: Real, rows: Rows, prior: float = 0.0) -> Real:
    p = win_probability(ability, rows)
    virtual = 1.0 / (1.0 + np.exp(-ability))
    design = rows.design
    inner = design.T @ ((rows.count * rows.weight * p * (1.0 - p))[:, None] * design)
    return inner + np.diag(prior * virtual * (1.0 - virtual))


def meat(ability: Real, rows: Rows) -> Real:
    """Sum of the squared scores of comparisons; a count repeats a row, a weight scales it."""
    scores = (rows.weight * (rows.score - win_probability(ability, rows)))[:, None] * rows.design
    return np.asarray(scores.T @ (rows.count[:, None] * scores))


def newton_step(ability: Real, rows: Rows, prior: float = 0.0, held: Any = ()) -> Real:
    free = free_items(rows.n, held)
    step = np.zeros(rows.n)
    matrix = information(ability, rows, prior)[np.ix_(free, free)]
    step[free] = np.linalg.pinv(matrix, hermitian=True) @ score_vector(ability, rows, prior)[free]
    return step


def free_items(n: int, held: Any) -> NDArray[np.int64]:
    return np.array([item for item in range(n) if item not in held], np.int64)


def fit(rows: Rows, *, prior: float = 0.0, fixed: Mapping[int, float] | None = None) -> Real:
    """Abilities that maximise the written-out likelihood, at mean zero unless some are fixed."""
    fixed = dict(fixed or {})
    # Where nothing anchors the scale, the first item does, until the mean is taken off.
    anchored = fixed or prior > 0
    held = fixed if anchored else {0: 0.0}
    free = free_items(rows.n, held)
    start = np.zeros(rows.n)
    for item, value in held.items():
        start[item] = value

    def full(x: Real) -> Real:
        ability = start.copy()
        ability[free] = x
        return ability

    found = scipy.optimize.minimize(
        lambda x: -log_likelihood(full(x), rows, prior),
        np.zeros(len(free)),
        jac=lambda x: -score_vector(full(x), rows, prior)[free],
        hess=lambda x: information(full(x), rows, prior)[np.ix_(free, free)],
        method="trust-exact",
        options={"gtol": 1e-6},
    )
    # The value is flat to rounding near the maximum; the score is not.
    polished = scipy.optimize.root(
        lambda x: score_vector(full(x), rows, prior)[free],
        found.x,
        jac=lambda x: -information(full(x), rows, prior)[np.ix_(free, free)],
        tol=1e-14,
    )
    ability = full(polished.x)
    return ability if fixed else ability - ability.mean()


def solver_scale(rows: Rows, ability: Real, prior: float) -> Real:
    """Abilities as the prior's virtual item sees them: the likelihood is not shift invariant."""
    if prior == 0:
        return ability
    shift = scipy.optimize.brentq(
        lambda s: score_vector(ability + s, rows, prior).sum(), -50.0, 50.0, xtol=1e-14
    )
    return ability + shift


def covariance(
    ability: Real,
    rows: Rows,
    kind: str,
    *,
    prior: float = 0.0,
    held: Any = (),
    centre: bool = True,
) -> Real:
    """Textbook covariance of abilities reported at mean zero (or not, where `centre` is False)."""
    free = free_items(rows.n, held)
    bread = np.linalg.pinv(information(ability, rows, prior)[np.ix_(free, free)], hermitian=True)
    inner = bread
    if kind == "sandwich":
        inner = bread @ meat(ability, rows)[np.ix_(free, free)] @ bread
    out = np.zeros((rows.n, rows.n))
    out[np.ix_(free, free)] = inner
    if not centre:
        return out
    project = np.eye(rows.n) - 1.0 / rows.n
    return np.asarray(project @ out @ project)


def numerical_hessian(ability: Real, rows: Rows, prior: float = 0.0, h: float = 1e-4) -> Real:
    """Second derivatives of the log-likelihood by central differences."""
    n = rows.n
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            total = 0.0
            for sign_i in (-1, 1):
                for sign_j in (-1, 1):
                    moved = ability.copy()
                    moved[i] += sign_i * h
                    moved[j] += sign_j * h
                    total += sign_i * sign_j * log_likelihood(moved, rows, prior)
            out[i, j] = total / (4.0 * h * h)
    return out


def credits(rows: Rows, *, ties: str = "half") -> Real:
    """What each row's item won against each column's, ties half or dropped, shape (n, n)."""
    won = np.zeros((rows.n, rows.n))
    for a, b, score, count, weight in zip(
        rows.a, rows.b, rows.score, rows.count, rows.weight, strict=True
    ):
        if ties == "drop" and score == 0.5:
            continue
        won[a, b] += count * weight * score
        won[b, a] += count * weight * (1.0 - score)
    return won


def reachable(edges: Any) -> NDArray[np.bool_]:
    """Warshall's closure: from where to where a path of any length leads."""
    reach = np.array(edges, bool) | np.eye(len(edges), dtype=bool)
    for middle in range(len(reach)):
        reach |= reach[:, middle : middle + 1] & reach[middle : middle + 1, :]
    return reach


def components(edges: Any) -> tuple[list[int], list[int]]:
    """Labels of strong and of weak components, numbered in the order of their first item."""
    edges = np.array(edges, bool)
    reach = reachable(edges)
    return _number(reach & reach.T), _number(reachable(edges | edges.T))


def _number(together: NDArray[np.bool_]) -> list[int]:
    labels: list[int] = []
    for item in range(len(together)):
        mates = [mate for mate in range(item) if together[item, mate]]
        labels.append(labels[mates[0]] if mates else max(labels, default=-1) + 1)
    return labels


@dataclass
class Game:
    """One row of an Elo replay, with everything that may bear on it."""

    a: Any
    b: Any
    score: float
    count: int = 1
    weight: float = 1.0
    k: float = 32.0
    neutral: bool = False
    offset: float = 0.0
    margin: float = 0.0
    period: Any = None
    time: Any = 0


@dataclass
class Player:
    """What an Elo replay knows of an item."""

    rating: float
    peak: float
    games: int = 0
    peak_game: int = -1
    period: Any = None


def power_divided(
    exponent: float = 0.8, added: float = 3.0, intercept: float = 7.5, slope: float = 0.006
) -> Any:
    """Multiplier of FiveThirtyEight's basketball ratings, by margin and the winner's lead, which is
    None in a tie."""
    return lambda margin, lead: (
        (abs(margin) + added) ** exponent / (intercept + slope * (lead or 0.0))
    )


def log_divided(intercept: float = 2.2, slope: float = 0.001, tie_divisor: float = 1.0) -> Any:
    """Multiplier of FiveThirtyEight's football ratings; the lead is None in a tie."""

    def multiplier(margin: float, lead: float | None) -> float:
        divisor = tie_divisor if lead is None else intercept + slope * lead
        return math.log(max(abs(margin), 1.0) + 1.0) * intercept / divisor

    return multiplier


def scheduled(by_games: Any, by_rating: Any, lasting: bool) -> Any:
    """K of a player, as KSchedule says it."""

    def k(player: Player) -> float:
        if callable(by_games):
            return float(by_games(np.array([player.games]))[0])
        if by_games is not None and player.games < len(by_games):
            return float(by_games[player.games])
        if by_rating is None:
            return float(by_games[-1])
        rating = player.peak if lasting else player.rating
        reached = [begin for begin in by_rating if begin <= rating]
        return float(by_rating[max(reached) if reached else min(by_rating)])

    return k


def elo(
    games: list[Game],
    *,
    schedule: Any = None,
    initial: Mapping[Any, float] | None = None,
    scale: float = 400.0,
    base: float = 10.0,
    position_effect: float = 0.0,
    multiplier: Any = None,
    reversion: float = 0.0,
    reversion_to: float = 1500.0,
    resets: Mapping[Any, float] | None = None,
) -> tuple[dict[Any, Player], Real, Real, Real]:
    """Players, and of every row: the expected score, ratings before, and after, (m, 2)."""
    initial, resets = initial or {}, resets or {}
    players = {}
    for game in games:
        for item in (game.a, game.b):
            rating = initial.get(item, 1500.0)
            players[item] = Player(rating, rating)
    expected = np.zeros(len(games))
    before, after = np.zeros((len(games), 2)), np.zeros((len(games), 2))
    for number, row in enumerate(sorted(range(len(games)), key=lambda row: games[row].time)):
        game = games[row]
        sides = players[game.a], players[game.b]
        counts = game.count > 0 and game.weight > 0

        def lead(game: Game = game, sides: tuple[Player, Player] = sides) -> float:
            home = 0.0 if game.neutral else position_effect
            return sides[0].rating - sides[1].rating + home + game.offset * scale / math.log(base)

        for item, player in zip((game.a, game.b), sides, strict=True):
            if counts and game.period is not None and player.period != game.period:
                if player.period is not None:
                    player.rating += reversion * (reversion_to - player.rating)
                player.period = game.period
                player.rating = resets.get((item, game.period), player.rating)
        expected[row] = 1.0 / (1.0 + base ** (-lead() / scale))
        before[row] = [player.rating for player in sides]
        for _ in range(game.count if counts else 0):
            surprise = game.weight * (game.score - 1.0 / (1.0 + base ** (-lead() / scale)))
            if multiplier is not None:
                ahead = lead() if game.score > 0.5 else -lead()
                surprise *= multiplier(game.margin, None if game.score == 0.5 else ahead)
            shifts = [
                (game.k if schedule is None else schedule(player)) * surprise for player in sides
            ]
            for player, shift in zip(sides, (shifts[0], -shifts[1]), strict=True):
                player.rating += shift
                player.games += 1
                if player.rating > player.peak:
                    player.peak, player.peak_game = player.rating, number
        after[row] = [player.rating for player in sides]
    return players, expected, before, after
