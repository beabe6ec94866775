"""The benchmarks' inputs, drawn from known abilities, and slow but tight solutions of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from harness import Floats, centred
from scipy import sparse
from scipy.sparse.linalg import cg
from scipy.special import expit

if TYPE_CHECKING:
    import pandas as pd

Codes = npt.NDArray[np.int32]
Columns = Literal["str", "object-shared", "object-distinct", "integer"]

# Standard normal abilities beyond this are drawn back: an item that wins or loses all of its 200
# comparisons would leave the maximum-likelihood estimate without existence.
LARGEST_ABILITY = 3.5
OUTCOMES = ("model_b", "tie", "model_a")  # by twice the score of `a`


def draw_abilities(n_items: int, rng: np.random.Generator) -> Floats:
    return np.clip(rng.normal(size=n_items), -LARGEST_ABILITY, LARGEST_ABILITY)


@dataclass(frozen=True)
class Votes:
    """`score` is that of `a`: 1 a win, 0.5 a tie, 0 a loss."""

    a: Codes
    b: Codes
    score: Floats
    n_items: int

    @property
    def names(self) -> list[str]:
        return [f"model-{item:04d}-instruct" for item in range(self.n_items)]


def draw_votes(n_votes: int, n_items: int, seed: int = 0, tie_rate: float = 0.25) -> Votes:
    rng = np.random.default_rng(seed)
    ability = draw_abilities(n_items, rng)
    a = rng.integers(0, n_items, n_votes, dtype=np.int32)
    b = (a + rng.integers(1, n_items, n_votes, dtype=np.int32)) % np.int32(n_items)
    score = (rng.random(n_votes) < expit(ability[a] - ability[b])).astype(np.float64)
    score[rng.random(n_votes) < tie_rate] = 0.5
    return Votes(a, b, score, n_items)


@dataclass(frozen=True)
class StyledVotes:
    """Votes whose outcome depends on how the answers are written, too."""

    a: Codes
    b: Codes
    score: Floats
    features: Floats


def draw_styled_votes(n_votes: int, n_items: int, n_features: int, seed: int = 0) -> StyledVotes:
    rng = np.random.default_rng(seed)
    votes = draw_votes(n_votes, n_items, seed, tie_rate=0.0)
    ability = draw_abilities(n_items, rng)
    features = rng.normal(size=(n_votes, n_features))
    log_odds = ability[votes.a] - ability[votes.b]
    log_odds += features @ rng.normal(scale=0.1, size=n_features)
    score = (rng.random(n_votes) < expit(log_odds)).astype(np.float64)
    return StyledVotes(votes.a, votes.b, score, features)


def styled_frame(votes: StyledVotes, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """A frame with the features as columns, also written to a file, and the features' names."""
    import pandas as pd

    width = len(str(int(max(votes.a.max(), votes.b.max()))))
    names = [f"style_{k}" for k in range(votes.features.shape[1])]
    frame = pd.DataFrame(
        {
            "model_a": [f"model-{code:0{width}d}" for code in votes.a.tolist()],
            "model_b": [f"model-{code:0{width}d}" for code in votes.b.tolist()],
            "winner": np.where(votes.score > 0.5, "model_a", "model_b"),
            **dict(zip(names, votes.features.T, strict=True)),
        }
    )
    frame.to_parquet(path)
    return frame, names


def write_votes(votes: Votes, path: Path) -> None:
    """One file that every process reads its frame from."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = pa.array(votes.names)
    winner = pa.array((2 * votes.score).astype(np.int8))
    columns = {
        "model_a": names.take(pa.array(votes.a)),
        "model_b": names.take(pa.array(votes.b)),
        "winner": pa.array(OUTCOMES).take(winner),
    }
    pq.write_table(pa.table(columns), path)


def vote_frame(votes: Votes, columns: Columns, path: Path) -> pd.DataFrame:
    """The votes as pandas holds them in practice: Arrow-backed strings, Python objects (each name
    one object that all rows share, or an object a row), or codes with numeric outcomes."""
    import pandas as pd

    if columns == "str":
        return pd.read_parquet(path)
    if columns == "integer":
        return pd.DataFrame(
            {
                "model_a": votes.a.astype(np.int64),
                "model_b": votes.b.astype(np.int64),
                "winner": votes.score,
            }
        )

    def objects(values: Any, codes: Any) -> Any:
        if columns == "object-shared":
            return np.array(values, dtype=object)[codes]
        return np.array(values)[codes].astype(object)  # makes a string a row

    return pd.DataFrame(
        {
            "model_a": objects(votes.names, votes.a),
            "model_b": objects(votes.names, votes.b),
            "winner": objects(OUTCOMES, (2 * votes.score).astype(np.intp)),
        },
        dtype=object,
    )


@dataclass(frozen=True)
class Wins:
    winner: Codes
    loser: Codes
    n_items: int


def draw_wins(n_rows: int, n_items: int, reach: int | None = None, seed: int = 0) -> Wins:
    """Comparisons without ties. Opponents are uniform, or, with `reach`, among the `reach` nearest
    on a ring. Drawn in blocks, so that little more than the result is ever held."""
    rng = np.random.default_rng(seed)
    ability = draw_abilities(n_items, rng)
    winner = np.empty(n_rows, np.int32)
    loser = np.empty(n_rows, np.int32)
    for rows in blocks(n_rows):
        size = rows.stop - rows.start
        a = rng.integers(0, n_items, size, dtype=np.int32)
        if reach is None:
            step = rng.integers(1, n_items, size, dtype=np.int32)
        else:
            step = rng.integers(1, reach // 2 + 1, size, dtype=np.int32)
            step *= np.where(rng.random(size) < 0.5, np.int32(-1), np.int32(1))
        b = (a + step) % np.int32(n_items)
        first_wins = rng.random(size) < expit(ability[a] - ability[b])
        winner[rows] = np.where(first_wins, a, b)
        loser[rows] = np.where(first_wins, b, a)
    return Wins(winner, loser, n_items)


def blocks(n_rows: int, size: int = 1 << 20) -> Iterator[slice]:
    for begin in range(0, n_rows, size):
        yield slice(begin, min(begin + size, n_rows))


def score_norm(wins: Wins, ability: Floats) -> float:
    """Infinity norm of the gradient of the log-likelihood, in comparisons."""
    score = np.zeros(wins.n_items)
    for rows in blocks(len(wins.winner)):
        winner, loser = wins.winner[rows], wins.loser[rows]
        surprise = expit(ability[loser] - ability[winner])
        score += np.bincount(winner, surprise, wins.n_items)
        score -= np.bincount(loser, surprise, wins.n_items)
    return float(np.abs(score).max())


def solve_votes(votes: Votes) -> Floats:
    return _solve(_credit(votes.a, votes.b, votes.score, votes.n_items))


def solve_wins(wins: Wins) -> Floats:
    return _solve(_credit(wins.winner, wins.loser, np.ones(len(wins.winner)), wins.n_items))


def _credit(a: Codes, b: Codes, score: Floats, n_items: int) -> Any:
    """Entry (i, j): what i scored against j, ties as half."""
    rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
    values = np.concatenate([score, 1 - score])
    return sparse.coo_array((values, (rows, columns)), shape=(n_items, n_items)).tocsr()


def _solve(credit: Any, tolerance: float = 1e-10) -> Floats:
    """Newton's method on the log-likelihood of Bradley and Terry, written for plainness: damped
    while the steps are long, and for many items solved by conjugate gradients."""
    n_items = credit.shape[0]
    pairs = sparse.triu(credit + credit.T, k=1).tocoo()
    i, j, games = pairs.row, pairs.col, pairs.data
    won = np.asarray(credit[i, j]).ravel()
    ability = np.zeros(n_items)
    for _ in range(60):
        p = expit(ability[i] - ability[j])
        surprise = won - games * p
        score = _scatter(i, surprise, n_items) - _scatter(j, surprise, n_items)
        weight = games * p * (1 - p)
        diagonal = _scatter(i, weight, n_items) + _scatter(j, weight, n_items)
        half = sparse.coo_array((weight, (i, j)), shape=(n_items, n_items)).tocsr()
        laplacian = (sparse.diags_array(diagonal) - half - half.T).tocsr()
        step = _solve_laplacian(laplacian, diagonal, score)
        length = float(np.abs(step).max())
        ability += step * min(1.0, 2.0 / max(length, 1e-300))
        if length < tolerance:
            return centred(ability)
    raise RuntimeError("the reference solution did not converge")


def _scatter(items: Any, values: Any, n_items: int) -> Floats:
    return np.bincount(items, values, n_items).astype(np.float64, copy=False)


def _solve_laplacian(laplacian: Any, diagonal: Floats, score: Floats) -> Floats:
    if laplacian.shape[0] <= 2000:
        n_items = laplacian.shape[0]
        # The constant vector is the null space; lifting it leaves the sum-to-zero solution.
        return np.asarray(np.linalg.solve(laplacian.toarray() + 1.0 / n_items, score))
    scale = 1 / np.sqrt(diagonal)
    scaling = sparse.diags_array(scale)
    step, status = cg(
        scaling @ laplacian @ scaling, scale * score, rtol=1e-4, atol=1e-11, maxiter=20_000
    )
    if status != 0:
        raise RuntimeError("the reference solution's linear system was not solved")
    return centred(scale * step)
