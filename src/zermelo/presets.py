"""Rules of published Elo systems, as keyword arguments of `zermelo.elo`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ratings.elo_rules import KSchedule, LogMargin, PowerMargin

__all__ = [
    "FIVETHIRTYEIGHT_NFL_RESETS",
    "fide",
    "fivethirtyeight_nba",
    "fivethirtyeight_nfl",
]

# Ratings that FiveThirtyEight wrote by hand where a team came back or moved, by the team's label in
# their file nfl_elo.csv and the season.
FIVETHIRTYEIGHT_NFL_RESETS = {
    ("CBD", 1925): 1502.032,
    ("RAC", 1926): 1403.384,
    ("LOU", 1926): 1307.201,
    ("CIB", 1927): 1362.919,
    ("MNN", 1929): 1306.702,
    ("BFF", 1929): 1331.943,
    ("LAR", 1944): 1373.977,
    ("PHI", 1944): 1497.988,
    ("ARI", 1945): 1353.939,
    ("PIT", 1945): 1353.939,
    ("CLE", 1999): 1300.0,
}


def fivethirtyeight_nba(**changes: Any) -> dict[str, Any]:
    """FiveThirtyEight's Elo ratings of basketball teams (2015).

    K 20, 100 points for playing at home, margins by a power, and at the first game of a season a
    quarter of the way back to 1505. Expansion teams begin at 1300, as all do here that a dict for
    `initial` does not name otherwise.

    Parameters
    ----------
    **changes
        Arguments of `elo` that replace these or are added to them.

    Returns
    -------
    dict
        Keyword arguments of `zermelo.elo`. Its data need `period` (the season) and `margin`, and
        `neutral` where a game was on neutral ground.

    References
    ----------
    Silver and Fischer-Baum 2015, "How we calculate NBA Elo ratings", FiveThirtyEight.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(
    ...     ["Huskies", "Stags"], ["Knicks", "Knicks"], [0, 1], margin=[2, 16], period=[1947, 1947]
    ... )
    >>> zm.elo(games, **zm.presets.fivethirtyeight_nba()).expected.round(4).tolist()
    [0.6401, 0.6311]
    """
    return {
        "k": 20.0,
        "position_effect": 100.0,
        "margin": PowerMargin(exponent=0.8, added=3.0, intercept=7.5, slope=0.006),
        "reversion": 0.25,
        "reversion_to": 1505.0,
    } | _beginning_at(1300.0, changes)


def fivethirtyeight_nfl(**changes: Any) -> dict[str, Any]:
    """FiveThirtyEight's Elo ratings of American football teams (2014 to 2021).

    K 20, 65 points for playing at home, margins by their logarithm, and at the first game of a
    season a third of the way back to 1505. Expansion teams begin at 1300, as all do here that a
    dict for `initial` does not name otherwise.
    Their history from 1920 on also has ratings set by hand:
    ``fivethirtyeight_nfl(resets=zm.presets.FIVETHIRTYEIGHT_NFL_RESETS)``.

    Parameters
    ----------
    **changes
        Arguments of `elo` that replace these or are added to them.

    Returns
    -------
    dict
        Keyword arguments of `zermelo.elo`. Its data need `period` (the season) and `margin`, and
        `neutral` where a game was on neutral ground.

    References
    ----------
    FiveThirtyEight 2014, "Introducing NFL Elo Ratings"; its code in fivethirtyeight/nfl-elo-game.

    Examples
    --------
    >>> import zermelo as zm
    >>> games = zm.Comparisons(["RII"], ["STP"], [1], margin=[48], period=[1920])
    >>> rules = zm.presets.fivethirtyeight_nfl(initial={"RII": 1503.947, "STP": 1300.0})
    >>> zm.elo(games, **rules).expected.round(6).tolist()
    [0.824651]
    """
    return {
        "k": 20.0,
        "position_effect": 65.0,
        "margin": LogMargin(intercept=2.2, slope=0.001, tie_divisor=1.0),
        "reversion": 1.0 / 3.0,
        "reversion_to": 1505.0,
    } | _beginning_at(1300.0, changes)


def fide(**changes: Any) -> dict[str, Any]:
    """FIDE's ratings of chess players.

    K is 40 for a player's first 30 games, then 20, and 10 for good once a rating of 2400 was
    reached. FIDE's other rules, on juniors, on monthly lists and on differences above 400 points,
    are not replayed.

    Parameters
    ----------
    **changes
        Arguments of `elo` that replace these or are added to them.

    Returns
    -------
    dict
        Keyword arguments of `zermelo.elo`.

    References
    ----------
    FIDE Rating Regulations, effective from 1 March 2024, 8.3.3.

    Examples
    --------
    >>> import zermelo as zm
    >>> zm.elo(zm.Comparisons(["x"], ["y"]), **zm.presets.fide()).rating.tolist()
    [1520.0, 1480.0]
    """
    schedule = KSchedule(by_games=[40.0] * 30, by_rating={0.0: 20.0, 2400.0: 10.0}, lasting=True)
    return {"k": schedule} | changes


def _beginning_at(rating: float, changes: dict[str, Any]) -> dict[str, Any]:
    """Changes of a preset in which items begin at `rating`, unless `initial` says otherwise."""
    initial = changes.get("initial", rating)
    if isinstance(initial, Mapping):
        initial = {None: rating} | dict(initial)
    return changes | {"initial": initial}
