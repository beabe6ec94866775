"""The draw that serves an aim best: who should meet whom in a knockout."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend, resolve
from ..checks import finite, shortened, whole
from ..errors import InputError
from .brackets import Bracket
from .exact import tables_of
from .result import TournamentResult
from .seeding import Placement, halved_slots
from .single_elimination import SingleElimination
from .strengths import Strengths, read_strengths

Real = NDArray[np.float64]
Objective = Callable[[TournamentResult], float]

OBJECTIVES = ("favourite", "final", "fairness")
# Expected scores closer than this are equal.
EQUAL = 1e-12
# Annealing ends at this part of the temperature that it began with.
COLDEST = 1e-3
# The first exchanges are all taken.
HEATING = 50


@dataclass(frozen=True, eq=False, repr=False)
class Draw:
    """A draw and what comes of it. Made by `best_draw`.

    Attributes
    ----------
    design : SingleElimination
        The knockout with this draw: for `win_probabilities` and `simulate`.
    slots : tuple
        Items from the top of the bracket to its bottom, None for a bye.
    value : float
        What the objective gives.
    result : TournamentResult
        The exact probabilities of this draw.
    n_draws : int
        How many distinct draws there are.
    n_evaluated : int
        How many of them were looked at.
    """

    design: SingleElimination
    slots: tuple[Any, ...]
    value: float
    result: TournamentResult
    n_draws: int
    n_evaluated: int

    @property
    def exhaustive(self) -> bool:
        """Whether all draws were looked at, so that none is better."""
        return self.n_evaluated >= self.n_draws

    def __repr__(self) -> str:
        total = f"{self.n_draws:,}" if self.n_draws < 10**9 else f"{float(self.n_draws):.1e}"
        how = "best of all" if self.exhaustive else f"best of {self.n_evaluated:,} of"
        n_items = len(self.result.items)
        return f"Draw({n_items:,} items, value {self.value:.4g}, {how} {total} draws)"


def best_draw(
    design: SingleElimination | int,
    strengths: Any,
    objective: str | Objective = "favourite",
    *,
    scale: float | None = None,
    evaluations: int = 20_000,
    seed: int = 0,
    backend: str | None = None,
) -> Draw:
    """Search the draw of a knockout that serves an objective best.

    All distinct draws are looked at where there are no more of them than `evaluations` (up to 9
    items by default), and the best is certain. Else simulated annealing exchanges two items at a
    time, beginning with the draw of the design; its answer is never worse than that, and the same
    for the same seed.

    Parameters
    ----------
    design : SingleElimination, or int
        With its byes, series and third place; only its seeding is replaced. A number n stands for
        ``SingleElimination(n)``.
    strengths : sequence, dict of item to number, matrix or rating result
        As for `win_probabilities`.
    objective : {"favourite", "final", "fairness"} or callable, default "favourite"
        "favourite": the chance that the strongest item wins. "final": the chance that the two
        strongest meet in the final. "fairness": minus the total by which chances of the title
        exceed those of items that are not weaker: 0 where the better always have the better
        chance; of draws that are equally fair the one with the best chance of the strongest.
        A callable takes a `TournamentResult` and returns a number, the higher the better.
        Items are as strong as their expected score against all others.
    scale : float, optional
        Points that mean odds of 10 to 1, where strengths are ratings: 400 for Elo's.
    evaluations : int, default 20,000
        How many draws to look at, at most.
    seed : int, default 0
        Of the annealing.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    Draw

    Raises
    ------
    InputError
        An argument cannot be used: the message names it.

    References
    ----------
    Horen and Riezman 1985, Oper. Res. 33:249 (these objectives). Kirkpatrick, Gelatt and Vecchi
    1983, Science 220:671 (annealing).

    Examples
    --------
    >>> import zermelo as zm
    >>> draw = zm.best_draw(4, [1.2, 0.6, 0.3, 0.0])
    >>> draw
    Draw(4 items, value 0.5176, best of all 3 draws)
    >>> draw.slots
    (0, 3, 1, 2)
    """
    if not isinstance(design, SingleElimination):
        if isinstance(design, bool) or not isinstance(design, (int, np.integer)):
            raise InputError(
                "design must be a SingleElimination, or a number of items, but is "
                f"{type(design).__name__}"
            )
        design = SingleElimination(int(design))
    if not callable(objective) and objective not in OBJECTIVES:
        known = ", ".join(map(repr, OBJECTIVES))
        raise InputError(
            f"objective must be one of {known} or a function of a result, but is "
            f"{shortened(objective)}"
        )
    evaluations = whole("evaluations", evaluations, 1, "a positive whole number")
    seed = whole("seed", seed, 0, "a whole number of at least 0")
    if design.reseed:
        raise InputError("best_draw needs a bracket that stays, but design has reseed=True")
    fixed = design
    if design.seeding == "random":
        fixed = replace(design, seeding=Placement(design.slots, design.items))
    read = read_strengths(strengths, design.n, scale, design.items)
    search = _Search(fixed, read, objective, resolve(backend))
    n_draws = search.bracket.n_draws
    if n_draws <= evaluations:
        draw = max(search.bracket.draws(), key=search.score)
    else:
        draw = search.annealed(evaluations, np.random.default_rng(seed))
    return search.drawn(draw, min(n_draws, evaluations))


class _Search:
    def __init__(
        self,
        design: SingleElimination,
        strengths: Strengths,
        objective: str | Objective,
        engine: Backend,
    ) -> None:
        self.design = design
        self.strengths = strengths
        self.objective = objective
        self.engine = engine
        self.program = design.program()
        self.bracket = Bracket.of(self.program)
        self.win, _ = tables_of(self.program, strengths)
        score = strengths.win + 0.5 * strengths.draw
        expected = score.sum(axis=1) - np.diag(score)
        order = np.argsort(-expected, kind="stable").tolist()
        self.best, self.second = order[:2]
        self.no_weaker = expected[:, None] >= expected[None, :] - EQUAL
        self.half = len(self.bracket.root.sides[0].places) if self.bracket.root.sides else 0
        # Nothing but these spots of the code, and what comes out, depends on the draw.
        self.code = self.program.code.copy()
        self.spots, self.places = self.bracket.entrances()
        bands = self.program.bands
        self.champions = np.array([band.last == 1 for band in bands], np.float64)
        last_round = self.program.n_rounds - 1
        self.finalists = np.array([band.round >= last_round for band in bands], np.float64)

    def band(self, draw: Sequence[int]) -> Real:
        """Where each item ends."""
        self.code[self.spots] = np.asarray(draw, np.int32)[self.places]
        program = self.program
        band, _ = self.engine.exact_bracket(
            self.code, program.n_items, program.n_registers, len(program.bands), self.win
        )
        return np.asarray(band)

    def result(self, draw: Sequence[int]) -> TournamentResult:
        program = self.program
        return TournamentResult(
            self.strengths.items,
            program.bands,
            self.band(draw),
            program.n_rounds,
            float(program.most_matches),
            frame_backend=self.strengths.frame_backend,
        )

    def score(self, draw: Sequence[int]) -> tuple[float, float]:
        """The objective's value, and what decides between equal values."""
        if callable(self.objective):
            return finite("objective's value", self.objective(self.result(draw))), 0.0
        band = self.band(draw)
        if self.objective == "final":
            # Independent, as they come from different halves.
            apart = (draw.index(self.best) < self.half) != (draw.index(self.second) < self.half)
            final = band[[self.best, self.second]] @ self.finalists
            return float(final[0] * final[1]) if apart else 0.0, 0.0
        champion = band @ self.champions
        if self.objective == "favourite":
            return float(champion[self.best]), 0.0
        ahead = np.maximum(champion[None, :] - champion[:, None], 0.0)
        unfair = float(ahead[self.no_weaker].sum())
        # Sums of what is equal may differ in the last bits.
        return -round(unfair, 12) + 0.0, float(champion[self.best])

    def annealed(self, evaluations: int, random: np.random.Generator) -> tuple[int, ...]:
        """Exchanges two places at a time; worse draws are taken less and less often."""
        n = self.program.n_items
        first = random.integers(0, n, evaluations)
        pairs = np.stack([first, (first + random.integers(1, n, evaluations)) % n], axis=1)
        lots = random.random(evaluations).tolist()
        here = list(self.bracket.root.places)
        score = self.score(here)
        best, best_score = tuple(here), score
        worse: list[float] = []
        temperature = 0.0
        for step, (i, j) in enumerate(pairs[1:].tolist(), 1):
            there = here.copy()
            there[i], there[j] = there[j], there[i]
            new = self.score(there)
            gain = _energy(new) - _energy(score)
            heating = step < HEATING
            if heating:
                # How much an exchange changes tells at which temperature to begin.
                worse += [abs(gain)] if gain else []
                temperature = sum(worse) / max(len(worse), 1)
            heat = temperature * COLDEST ** (step / evaluations)
            if heating or gain >= 0 or (heat > 0 and lots[step] < math.exp(gain / heat)):
                here, score = there, new
            if score > best_score:
                best, best_score = tuple(here), score
        return best

    def drawn(self, draw: tuple[int, ...], n_evaluated: int) -> Draw:
        item = dict(zip(self.bracket.root.places, draw, strict=True))
        slots = tuple(None if slot is None else item[slot] for slot in self.design.slots)
        order = tuple(slot for slot in slots if slot is not None)
        labels = self.design.items
        if labels is None and halved_slots(order) == slots:
            design = replace(self.design, seeding=order)
        else:
            design = replace(self.design, seeding=Placement(slots, labels))
        names = self.strengths.items.tolist()
        return Draw(
            design,
            tuple(None if slot is None else names[slot] for slot in slots),
            self.score(draw)[0],
            self.result(draw),
            self.bracket.n_draws,
            n_evaluated,
        )


def _energy(score: tuple[float, float]) -> float:
    """One number for annealing; the second only leads where the first is flat."""
    return score[0] + 1e-3 * score[1]
