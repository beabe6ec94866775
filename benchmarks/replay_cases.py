"""The cases of models that learn game by game: Elo's replay, its history and random orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Contestant, Measurement, Stopwatch, Unavailable, Workload, centred
from inputs import Floats, Wins, draw_wins

K, INITIAL, SCALE = 4.0, 1000.0, 400.0
# Points per unit of ability.
POINTS = SCALE / np.log(10.0)


def replay(data: Wins) -> Floats:
    """Abilities after Elo's updates in plain Python, one game at a time."""
    rating = [INITIAL] * data.n_items
    for winner, loser in zip(data.winner.tolist(), data.loser.tolist(), strict=True):
        expected = 1.0 / (1.0 + 10.0 ** ((rating[loser] - rating[winner]) / SCALE))
        shift = K * (1.0 - expected)
        rating[winner] += shift
        rating[loser] -= shift
    return centred(np.array(rating)) / POINTS


def _note(n_games: int, seconds: float, more: str = "") -> str:
    return f"{n_games / seconds / 1e6:.1f} million games a second{more}"


def from_arrays(data: Wins, **options: Any) -> Measurement:
    import zermelo as zm

    watch = Stopwatch()
    games = zm.Comparisons(data.winner, data.loser)
    watch.lap("Comparisons")
    fit = zm.elo(games, k=K, initial=INITIAL, **options)
    watch.lap("elo")
    note = _note(len(games), watch.steps["elo"], " in the replay")
    return Measurement(watch.total, centred(fit.ability), steps=watch.steps, note=note)


def replayed(games: Any, **options: Any) -> Callable[[], Measurement]:
    """From Comparisons, made before, to ratings and the expected score of every game."""
    import zermelo as zm

    def measure() -> Measurement:
        watch = Stopwatch()
        fit = zm.elo(games, k=K, initial=INITIAL, **options)
        watch.lap("elo")
        return Measurement(
            watch.total,
            centred(fit.ability),
            steps=watch.steps,
            note=_note(len(games), watch.total),
        )

    return measure


def evalica_elo(data: Wins) -> Measurement:
    """`evalica.elo` on arrays, without expected scores. The winners' objects are made before."""
    try:
        import evalica
        import pandas as pd
    except ImportError as error:
        raise Unavailable(f"evalica is not installed ({error})") from error
    a, b = pd.Series(data.winner), pd.Series(data.loser)
    winners = pd.Series([evalica.Winner.X] * len(a))
    watch = Stopwatch()
    result = evalica.elo(a, b, winners, initial=INITIAL, scale=SCALE, k=K)
    watch.lap("elo")
    ability = centred(result.scores.sort_index().to_numpy()) / POINTS
    return Measurement(watch.total, ability, steps=watch.steps, note=_note(len(a), watch.total))


def elo(small: bool) -> Workload:
    import zermelo as zm

    data = draw_wins(*((20_000, 200) if small else (10_000_000, 100_000)))
    games = zm.Comparisons(data.winner, data.loser)
    contestants = [
        Contestant("zermelo, replay", replayed(games)),
        Contestant("zermelo, replay with history", replayed(games, history=True)),
        Contestant("zermelo, from arrays", lambda: from_arrays(data)),
        Contestant("zermelo, numba backend, replay", replayed(games, backend="numba")),
        Contestant("evalica", lambda: evalica_elo(data)),
    ]
    return Workload(
        f"{len(data.winner):,} games between {data.n_items:,} players: Elo's final ratings and the "
        "expected score of every game (evalica: final ratings), on one core but for reading the "
        "arrays; abilities against a loop in plain Python.",
        contestants,
        reference=replay(data),
        baseline=contestants[0].name,
        target="50 million games a second, 40 times faster than evalica, history at most twice the "
        "time",
    )


def elo_orders(small: bool) -> Workload:
    import zermelo as zm

    n_games, n_items, replicates = (2_000, 20, 20) if small else (100_000, 200, 1000)
    data = draw_wins(n_games, n_items)
    games = zm.Comparisons(data.winner, data.loser)

    def orders(threads: int, **options: Any) -> Callable[[], Measurement]:
        def measure() -> Measurement:
            watch = Stopwatch()
            fit = zm.elo(games, k=K, permutations=replicates, threads=threads, **options)
            watch.lap("elo")
            found = fit.permutations.mean
            rate = _note(n_games * replicates, watch.total)
            return Measurement(watch.total, centred(found) / POINTS, note=rate)

        return measure

    contestants = [
        Contestant("zermelo, 1 thread", orders(1)),
        Contestant("zermelo, 2 threads", orders(2)),
        Contestant("zermelo, numba backend, 2 threads", orders(2, backend="numba")),
    ]
    return Workload(
        f"{replicates:,} random orders of {n_games:,} games between {n_items} players; the error "
        "is the distance from one thread's mean abilities.",
        contestants,
        reference=orders(1)().ability,
        baseline=contestants[0].name,
        target="2 threads at least 1.8 times faster than one",
    )


def kin(small: bool) -> Workload:
    """Glicko in 100 periods, TrueSkill game by game."""
    import zermelo as zm

    data = draw_wins(*((20_000, 200) if small else (10_000_000, 100_000)))
    period = np.arange(len(data.winner)) * 100 // len(data.winner)
    games = zm.Comparisons(data.winner, data.loser, period=period)

    def measured(model: Callable[..., Any], **options: Any) -> Callable[[], Measurement]:
        def measure() -> Measurement:
            watch = Stopwatch()
            model(games, **options)
            watch.lap(model.__name__)
            return Measurement(watch.total, note=_note(len(games), watch.total))

        return measure

    contestants = [
        Contestant("zermelo, elo", measured(zm.elo)),
        Contestant("zermelo, glicko", measured(zm.glicko)),
        Contestant("zermelo, glicko2", measured(zm.glicko2)),
        Contestant("zermelo, trueskill", measured(zm.trueskill)),
    ]
    return Workload(
        f"{len(games):,} games between {data.n_items:,} players, for Glicko in 100 rating periods, "
        "on one core.",
        contestants,
        baseline=contestants[0].name,
    )


def tuning(small: bool) -> Workload:
    import zermelo as zm

    data = draw_wins(*((2_000, 20) if small else (50_000, 300)))
    games = zm.Comparisons(data.winner, data.loser, np.ones(len(data.winner)))
    grid = {
        "k": np.linspace(5, 60, 10).tolist(),
        "position_effect": np.linspace(0, 90, 10).tolist(),
    }

    def tuned(threads: int, **options: Any) -> Callable[[], Measurement]:
        import warnings

        def measure() -> Measurement:
            watch = Stopwatch()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the best lies at an end: the games are random
                found = zm.tune_elo(games, threads=threads, **grid, **options)
            watch.lap("tune_elo")
            return Measurement(watch.total, note=_note(len(games) * found.n_tried, watch.total))

        return measure

    contestants = [
        Contestant("zermelo, 1 thread", tuned(1)),
        Contestant("zermelo, 2 threads", tuned(2)),
        Contestant("zermelo, numba backend, 2 threads", tuned(2, backend="numba")),
    ]
    return Workload(
        f"A grid of 100 rules of Elo over {len(games):,} games.",
        contestants,
        baseline=contestants[0].name,
    )
