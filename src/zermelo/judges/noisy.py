"""A judge who errs: what stands between the true outcome of a game and the recorded one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, shortened
from ..errors import InputError

Real = NDArray[np.float64]

# How far probabilities may add up to more than 1.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Noisy:
    """A judge of limited accuracy, with a liking for a position and for ties.

    Of each game, independently, the judge

    1. calls it a tie with probability `tie_rate`, whatever happened;
    2. else, with probability abs(`position_bias`), names the one shown first (or, where the bias is
       negative, second) without looking;
    3. else reports the true outcome with probability `accuracy`. Otherwise the true loser is named,
       or, where the game was truly drawn, either side with equal chances.

    With a bias, who is shown first is drawn by lot for every game.

    Parameters
    ----------
    accuracy : float, default 1
        In [0, 1]; 0.5 is a coin toss.
    position_bias : float, default 0
        In [-1, 1].
    tie_rate : float, default 0
        In [0, 1].

    References
    ----------
    Son et al. 2024, arXiv:2411.01281 (accuracy). Zheng et al. 2023, arXiv:2306.05685 (bias for a
    position).

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.judges.Noisy(0.8)
    Noisy(accuracy=0.8, position_bias=0.0, tie_rate=0.0)
    >>> zm.judges.Noisy(0.5 + 0.25).probabilities(1.0)
    (0.75, 0.0)
    """

    accuracy: float = 1.0
    position_bias: float = 0.0
    tie_rate: float = 0.0

    def __post_init__(self) -> None:
        for name, low in (("accuracy", 0.0), ("position_bias", -1.0), ("tie_rate", 0.0)):
            given = getattr(self, name)
            value = finite(name, given, rule := f"a number from {low:g} to 1")
            if not low <= value <= 1:
                raise InputError(f"{name} must be {rule}, but is {given!r}")
            object.__setattr__(self, name, value)

    def probabilities(
        self, win: float | Real, draw: float | Real = 0.0
    ) -> tuple[float | Real, float | Real]:
        """How likely the judge says win and tie of the one shown first.

        Parameters
        ----------
        win, draw : float or ndarray
            True probabilities of the one shown first.

        Raises
        ------
        InputError
            They are no probabilities, or add up to more than 1.
        """
        try:
            least, most = np.minimum(win, draw), np.add(win, draw)
            possible = bool(np.all(least >= 0) and np.all(most <= 1 + ROUNDING))
        except TypeError:
            possible = False
        if not possible:
            raise InputError(
                "win and draw must be probabilities that add up to at most 1, but are "
                f"{shortened(win)} and {shortened(draw)}"
            )
        q, bias = self.accuracy, self.position_bias
        loss = 1.0 - win - draw
        looking_win = q * win + (1.0 - q) * (loss + 0.5 * draw)
        looking_tie = q * draw
        blind = abs(bias)
        named = blind if bias > 0 else 0.0
        decided = 1.0 - self.tie_rate
        judged_win = decided * (named + (1.0 - blind) * looking_win)
        judged_tie = self.tie_rate + decided * (1.0 - blind) * looking_tie
        return judged_win, judged_tie
