"""How often intervals contain the truth: every kind for its own estimand, on simulated data.

    python benchmarks/interval_coverage.py [--datasets 2000] [--processes 2] [--study NAME ...]
        [--write]

Prints a table; `--write` puts it into RESULTS.md. What an interval is for: under a model that is
wrong, the abilities that the fit would find from endless data of the same kind.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import machine
from results import write_sections

import zermelo as zm
from zermelo.errors import SeparationError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

ITEMS, VOTES = 20, 3_000
JUDGES, PROMPTS, MANY_PROMPTS = 124, 13, 80
# 72 votes a judge. How much a taste matters depends on how often a judge meets an item again: with
# 15 items nearly ten times, with 59 between two and three times.
JUDGED_ITEMS, MANY_ITEMS, JUDGED_VOTES = 15, 59, 8_928
# Votes of a judge, at least and at most, where judges differ in diligence; by equal ratios.
FEWEST, MOST = 7, 343
REPLICATES = 1_000
TIE_PARAMETER, POSITION = 1.5, 0.3
TASTE = 1.0


@dataclass(frozen=True)
class Row:
    """One line of the table: the share of pooled intervals that contain their estimand."""

    study: str
    interval: str
    covered: float
    error: float  # standard error of `covered`, the data sets being independent


# What one data set says: for each kind of interval, which of its contrasts are covered.
Covered = dict[str, Floats]


def random_pairs(random: np.random.Generator, items: int, votes: int) -> tuple[Codes, Codes]:
    first = random.integers(0, items, votes)
    second = (first + random.integers(1, items, votes)) % items
    return first.astype(np.int32), second.astype(np.int32)


def truth(random: np.random.Generator, items: int) -> Floats:
    ability = random.normal(size=items)
    return np.asarray(ability - ability.mean())


def draw_scores(random: np.random.Generator, log_odds: Floats, ties: float) -> Floats:
    """Outcomes of Davidson's model with tie parameter `ties`; 0: none tied."""
    win, loss = np.exp(0.5 * log_odds), np.exp(-0.5 * log_odds)
    u = random.random(len(log_odds)) * (win + loss + ties)
    return np.where(u < win, 1.0, np.where(u < win + ties, 0.5, 0.0))


def expected_abilities(ability: Floats, score: Callable[[Floats], Floats]) -> Floats:
    """What ties as halves give from endless data: every pair with its expected score."""
    n = len(ability)
    first, second = (x.astype(np.int32) for x in np.triu_indices(n, 1))
    pairs = zm.Comparisons(first, second, score(ability[first] - ability[second]))
    return np.asarray(zm.bradley_terry(pairs, tol=1e-12).ability)


def inside(interval: Any, true: Floats) -> Floats:
    return np.asarray((interval.lower <= true) & (true <= interval.upper), np.float64)


def bootstrapped(
    fit: zm.BradleyTerryFit, random: np.random.Generator, true: Floats, unit: Any
) -> Floats:
    seed = int(random.integers(1 << 30))
    return inside(fit.bootstrap(REPLICATES, unit=unit, seed=seed, threads=1).interval(), true)


def logistic(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def bradley_terry_truth(random: np.random.Generator) -> Covered:
    true = truth(random, ITEMS)
    first, second = random_pairs(random, ITEMS, VOTES)
    scores = draw_scores(random, true[first] - true[second], 0.0)
    fit = zm.bradley_terry(zm.Comparisons(first, second, scores), threads=1)
    return {
        "Fisher": inside(fit.interval(kind="fisher"), true),
        "sandwich": inside(fit.interval(kind="sandwich"), true),
        "bootstrap of comparisons": bootstrapped(fit, random, true, "comparison"),
    }


def davidson_truth(random: np.random.Generator) -> Covered:
    true = truth(random, ITEMS)
    first, second = random_pairs(random, ITEMS, VOTES)
    log_odds = true[first] - true[second] + POSITION
    scores = draw_scores(random, log_odds, TIE_PARAMETER)
    votes = zm.Comparisons(first, second, scores)
    fit = zm.bradley_terry(votes, ties="davidson", position_effect=True, threads=1)
    effects = fit.effects()
    extra = np.array([POSITION, np.log(TIE_PARAMETER)])
    return {
        "Davidson with position, Fisher": inside(fit.interval(kind="fisher"), true),
        "Davidson with position, sandwich": inside(fit.interval(kind="sandwich"), true),
        "its position effect and tie parameter": inside(effects, extra),
    }


def half_ties(random: np.random.Generator) -> Covered:
    true = truth(random, ITEMS)
    first, second = random_pairs(random, ITEMS, VOTES)
    scores = draw_scores(random, true[first] - true[second], TIE_PARAMETER)
    fit = zm.bradley_terry(zm.Comparisons(first, second, scores), threads=1)

    def score(difference: Floats) -> Floats:
        win, loss = np.exp(0.5 * difference), np.exp(-0.5 * difference)
        return np.asarray((win + 0.5 * TIE_PARAMETER) / (win + loss + TIE_PARAMETER))

    half = expected_abilities(true, score)
    return {
        "ties as halves, Fisher": inside(fit.interval(kind="fisher"), half),
        "ties as halves, sandwich": inside(fit.interval(kind="sandwich"), half),
    }


def in_turn(random: np.random.Generator, groups: int) -> Codes:
    """Every group as often as any other, in random order."""
    return random.permutation(np.arange(JUDGED_VOTES) % groups).astype(np.int32)


def unequal(random: np.random.Generator) -> Codes:
    """Judges of whom few give most votes."""
    size = np.geomspace(FEWEST, MOST, JUDGES)
    share = np.cumsum(size) / size.sum()
    return random.permutation(
        np.searchsorted(share, (np.arange(JUDGED_VOTES) + 0.5) / JUDGED_VOTES)
    ).astype(np.int32)


def with_taste(
    random: np.random.Generator, items: int, **groups: Codes
) -> tuple[zm.BradleyTerryFit, Floats]:
    """A fit to votes of judges (and answers to prompts) with abilities of their own, and what it
    would find from endlessly many of them."""
    true = truth(random, items)
    first, second = random_pairs(random, items, JUDGED_VOTES)
    log_odds = true[first] - true[second]
    for group in groups.values():
        taste = random.normal(size=(group.max() + 1, items)) * TASTE
        log_odds += taste[group, first] - taste[group, second]
    scores = (random.random(JUDGED_VOTES) < logistic(log_odds)).astype(np.float64)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()

    def score(difference: Floats) -> Floats:
        spread = np.sqrt(2.0 * len(groups)) * TASTE * nodes
        return np.asarray(logistic(difference[:, None] + spread) @ weights)

    votes = zm.Comparisons(first, second, scores, **groups)
    return zm.bradley_terry(votes, threads=1), expected_abilities(true, score)


PLAIN = "sandwich, as if votes were independent"


def judges(random: np.random.Generator) -> Covered:
    fit, true = with_taste(random, JUDGED_ITEMS, judge=in_turn(random, JUDGES))
    return {
        PLAIN: inside(fit.interval(kind="sandwich"), true),
        "sandwich by judge, t": inside(fit.interval(kind="cluster"), true),
        "bootstrap of judges": bootstrapped(fit, random, true, "cluster"),
    }


def more_items(random: np.random.Generator) -> Covered:
    fit, true = with_taste(random, MANY_ITEMS, judge=in_turn(random, JUDGES))
    return {
        PLAIN: inside(fit.interval(kind="sandwich"), true),
        "sandwich by judge, t": inside(fit.interval(kind="cluster"), true),
    }


def unequal_judges(random: np.random.Generator) -> Covered:
    fit, true = with_taste(random, MANY_ITEMS, judge=unequal(random))
    return {
        PLAIN: inside(fit.interval(kind="sandwich"), true),
        "sandwich by judge, t": inside(fit.interval(kind="cluster"), true),
    }


def prompts(random: np.random.Generator) -> Covered:
    fit, true = with_taste(random, JUDGED_ITEMS, cluster=in_turn(random, PROMPTS))
    by_prompt = fit.interval(kind="cluster")
    normal = 1.959964 * by_prompt.standard_error
    return {
        PLAIN: inside(fit.interval(kind="sandwich"), true),
        "sandwich by prompt, normal quantile": np.asarray(
            np.abs(by_prompt.estimate - true) <= normal, np.float64
        ),
        "sandwich by prompt, t on 12 degrees": inside(by_prompt, true),
        "bootstrap of prompts": bootstrapped(fit, random, true, "cluster"),
    }


def both(random: np.random.Generator) -> Covered:
    groups = {"judge": in_turn(random, JUDGES), "cluster": in_turn(random, MANY_PROMPTS)}
    fit, true = with_taste(random, MANY_ITEMS, **groups)
    two = ("judge", "cluster")
    return {
        "sandwich by judge, t": inside(fit.interval(kind="cluster", cluster="judge"), true),
        "sandwich by judge and prompt, t": inside(fit.interval(kind="cluster", cluster=two), true),
    }


def at_once(random: np.random.Generator, true: Floats) -> Covered:
    """Statements about all items; items that are equally able may have any of their ranks."""
    first, second = random_pairs(random, ITEMS, VOTES)
    scores = draw_scores(random, true[first] - true[second], 0.0)
    fit = zm.bradley_terry(zm.Comparisons(first, second, scores), threads=1)
    best = 1 + (true[None, :] > true[:, None]).sum(axis=1)
    worst = ITEMS - (true[None, :] < true[:, None]).sum(axis=1)
    seed = int(random.integers(1 << 30))
    together = fit.rank_interval(draws=2_000, seed=seed)
    apart = fit.rank_interval(draws=2_000, seed=seed, simultaneous=False)
    pairs = fit.compare(draws=2_000, seed=seed)
    difference = true[pairs.a] - true[pairs.b]

    def hold(interval: Any) -> Floats:
        return np.asarray((interval.lower <= best) & (worst <= interval.upper), np.float64)

    return {
        "ranks of all items at once": np.array([hold(together).min()]),
        "rank of each item by itself": hold(apart),
        "all differences at once, max-t": np.array([inside(pairs, difference).min()]),
        "width: all at once": np.array([together.mean_width]),
        "width: Bonferroni": np.array([together.bonferroni_mean_width]),
    }


def ranks(random: np.random.Generator) -> Covered:
    return at_once(random, truth(random, ITEMS))


def equal_ranks(random: np.random.Generator) -> Covered:
    return at_once(random, np.zeros(ITEMS))


STUDIES: dict[str, tuple[Callable[[np.random.Generator], Covered], str]] = {
    "Bradley-Terry": (bradley_terry_truth, f"{ITEMS} items, {VOTES:,} votes"),
    "Davidson": (
        davidson_truth,
        f"{ITEMS} items, {VOTES:,} votes, tie parameter {TIE_PARAMETER}, position {POSITION}",
    ),
    "half ties": (
        half_ties,
        f"Davidson's model, {ITEMS} items, {VOTES:,} votes, tie parameter {TIE_PARAMETER}",
    ),
    "judges": (
        judges,
        f"{JUDGED_ITEMS} items, {JUDGED_VOTES:,} votes, equally many by each of {JUDGES} judges, "
        f"who have a taste (sd {TASTE:g}) for every item",
    ),
    "more items": (more_items, f"the same with {MANY_ITEMS} items"),
    "unequal judges": (
        unequal_judges,
        f"{MANY_ITEMS} items, and judges with {FEWEST} to {MOST} votes, so that few of them decide",
    ),
    "few clusters": (
        prompts,
        f"{JUDGED_ITEMS} items and {PROMPTS} prompts instead of judges; a bootstrap of so few "
        "clusters has no t quantile",
    ),
    "two ways": (
        both,
        f"{MANY_ITEMS} items, {JUDGES} judges and {MANY_PROMPTS} prompts, both with tastes",
    ),
    "ranks": (
        ranks,
        f"Bradley-Terry, {ITEMS} items, {VOTES:,} votes; ranks are whole numbers, which intervals "
        "of ranks cover more often than they promise",
    ),
    "equal ranks": (
        equal_ranks,
        "the same with equally able items, each of which may have any rank: nothing is left to "
        "spare",
    ),
}


def run(study: str, datasets: int) -> list[Row]:
    """The rows of a study. Data set k of a study is always the same one."""
    simulate, _ = STUDIES[study]
    number = list(STUDIES).index(study)

    found = [simulate(np.random.default_rng([number, k])) for k in range(datasets)]
    rows = []
    for name in found[0]:
        shares = np.array([covered[name].mean() for covered in found])
        error = shares.std(ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else np.nan
        rows.append(Row(study, name, float(shares.mean()), float(error)))
    return rows


TOP = 3
BINS = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99, 1.0)


def reliability(datasets: int) -> list[tuple[str, int, float, float]]:
    """Of `top_probability(3)`: items by what was said, how often it was said, its mean, and how
    many were among the best three. A data set with an undefeated item says nothing."""

    def one(k: int) -> tuple[Floats, Floats]:
        random = np.random.default_rng([len(STUDIES), k])
        true = truth(random, ITEMS)
        first, second = random_pairs(random, ITEMS, VOTES // 3)
        scores = draw_scores(random, true[first] - true[second], 0.0)
        try:
            fit = zm.bradley_terry(zm.Comparisons(first, second, scores), threads=1)
        except SeparationError:
            return np.empty(0), np.empty(0)
        said = np.asarray(fit.top_probability(TOP, draws=4_000, seed=k).probability)
        best = (true[None, :] > true[:, None]).sum(axis=1) < TOP
        return said, best.astype(np.float64)

    pairs = [one(k) for k in range(datasets)]
    said = np.concatenate([pair[0] for pair in pairs])
    came = np.concatenate([pair[1] for pair in pairs])
    place = np.clip(np.searchsorted(BINS, said, side="right") - 1, 0, len(BINS) - 2)
    return [
        (
            f"{BINS[k]:g} to {BINS[k + 1]:g}",
            int((place == k).sum()),
            float(said[place == k].mean()),
            float(came[place == k].mean()),
        )
        for k in range(len(BINS) - 1)
        if (place == k).any()
    ]


def table(rows: list[Row]) -> Iterator[str]:
    yield "| truth | interval | covers | standard error |"
    yield "|---|---|---|---|"
    for row in rows:
        if row.interval.startswith("width"):
            yield f"| {row.study} | mean {row.interval} | {row.covered:.2f} ranks | |"
        else:
            yield f"| {row.study} | {row.interval} | {row.covered:.1%} | {row.error:.2%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=1, help="studies at a time")
    parser.add_argument("--study", action="append", choices=list(STUDIES), help="only these")
    parser.add_argument("--write", action="store_true", help="update RESULTS.md")
    arguments = parser.parse_args()
    if arguments.write and arguments.study:
        parser.error("--write records the whole table, which --study leaves incomplete")
    datasets, names = arguments.datasets, arguments.study or list(STUDIES)
    with ProcessPoolExecutor(arguments.processes) as pool:
        calibrated = None if arguments.study else pool.submit(reliability, datasets)
        rows = [row for found in pool.map(run, names, [datasets] * len(names)) for row in found]
    lines = [
        "95% intervals, each kind for its own estimand: what the fit would find from endless data "
        "of the same kind. Contrasts are each item's ability against the mean of all, pooled; "
        f"bootstraps have {REPLICATES:,} replicates and take percentiles.",
        "",
        *(f"- {name}: {what}" for name, (_, what) in STUDIES.items()),
        "",
        *table(rows),
    ]
    if calibrated is not None:
        lines += [
            "",
            f"`top_probability({TOP})` of {ITEMS} items with {VOTES // 3:,} votes, true abilities "
            "drawn from a normal distribution: what was said and what came true (without the few "
            "data sets in which an item never lost, or never won).",
            "",
            "| said | items | mean said | among the best |",
            "|---|---|---|---|",
            *(
                f"| {what} | {count:,} | {said:.3f} | {came:.3f} |"
                for what, count, said, came in calibrated.result()
            ),
        ]
    day = datetime.datetime.now(datetime.UTC).date()
    lines += [
        "",
        f"{day}, {datasets:,} data sets each, `python benchmarks/interval_coverage.py`, on "
        f"{machine()}.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.write:
        write_sections({"coverage": text})


if __name__ == "__main__":
    main()
