"""Varco Arena: a random bracket for every prompt, all their matches rated together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..checks import whole
from .designs import Design
from .program import EXIT, Program
from .seeding import n_rounds_of
from .single_elimination import SingleElimination


@dataclass(frozen=True, repr=False)
class VarcoArena(Design):
    """What `varco_arena` makes: `prompts` random brackets of `n` models."""

    n: int
    prompts: int

    # `compare_designs` ranks by this where designs have their own rule.
    ranked_by = "bradley-terry"

    def __post_init__(self) -> None:
        self._set(
            n=whole("models", self.n, 2, "a whole number of at least 2"),
            prompts=whole("prompts", self.prompts, 1, "a whole number of at least 1"),
        )

    def __repr__(self) -> str:
        return f"varco_arena({self.n}, {self.prompts})"

    @property
    def n_rounds(self) -> int:
        """Of a bracket, log2(n) rounded up: the prompts' brackets are played side by side."""
        return n_rounds_of(self.n)

    @property
    def n_matches(self) -> int:
        """prompts (n - 1)."""
        return self.prompts * (self.n - 1)

    def program(self) -> Program:
        """What the simulation runs: the same bracket again and again, in the same registers."""
        bracket = SingleElimination(self.n, seeding="random").program()
        leaves = bracket.code[:, 0] == EXIT
        matches = np.tile(bracket.code[~leaves], (self.prompts, 1))
        return replace(bracket, code=np.concatenate([matches, bracket.code[leaves]]))


def varco_arena(models: int, prompts: int) -> VarcoArena:
    """Varco Arena: for every prompt the models meet in a random single elimination.

    The models are shuffled and halved again and again (so that some have byes where their number
    is no power of two); a judge compares the answers of two, and the better one goes on. The
    matches of all prompts are rated together by Bradley-Terry, on the Elo scale. Strong models
    play more matches than weak ones, so that ratings are surest where they matter.

    Parameters
    ----------
    models : int
        How many models.
    prompts : int
        How many prompts, a bracket each.

    Returns
    -------
    VarcoArena
        A design for `simulate` and `compare_designs`, with `n`, `n_matches` and `program()`.

    Raises
    ------
    InputError
        An argument is no whole number, or too small.

    Notes
    -----
    prompts (models - 1) matches. `compare_designs` ranks by the pooled ratings. The places that
    `simulate` tells are those in the bracket of one prompt, which are alike for all prompts; with
    ``record=True`` it keeps the matches, and ``bradley_terry(result.comparisons, prior=1)`` rates
    them.

    References
    ----------
    Son et al. 2024, Varco Arena: A Tournament Approach to Reference-Free Benchmarking Large
    Language Models, arXiv:2411.01281.

    Examples
    --------
    >>> import zermelo as zm
    >>> arena = zm.varco_arena(20, prompts=100)
    >>> arena.n_matches, arena.n_rounds
    (1900, 5)
    """
    return VarcoArena(models, prompts)
