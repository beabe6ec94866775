"""The peers, each called as its documentation shows, with its own defaults unless said."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from harness import Measurement, Stopwatch, Unavailable, centred
from inputs import Votes, Wins, score_norm

if TYPE_CHECKING:
    import pandas as pd

SIDE_SCRIPT = Path(__file__).with_name("arena_rank_side.py")


def _require(package: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise Unavailable(f"{package} is not installed ({error})") from error


def evalica_votes(frame: pd.DataFrame) -> Measurement:
    """`evalica.bradley_terry` on the frame's columns. Mapping the labels to `evalica.Winner` is
    measured apart and not counted, which favours evalica. It gives no intervals."""
    evalica = _require("evalica")
    winner = evalica.Winner
    labels = {
        "model_a": winner.X,
        "model_b": winner.Y,
        "tie": winner.Draw,
        1.0: winner.X,
        0.0: winner.Y,
        0.5: winner.Draw,
    }
    watch = Stopwatch()
    winners = frame["winner"].map(labels)
    watch.lap("mapping of labels (not counted)")
    result = evalica.bradley_terry(frame["model_a"], frame["model_b"], winners)
    watch.lap("bradley_terry")
    return Measurement(
        watch.steps["bradley_terry"],
        centred(np.log(result.scores.sort_index().to_numpy())),
        steps=watch.steps,
        note=f"{result.iterations} iterations; {watch.total:.2f} s with the mapping of labels",
    )


def evalica_replicate(votes: Votes) -> Measurement:
    """One replicate as evalica's users write it: `evalica.bradley_terry` on rows resampled with
    replacement. Drawing them and the objects that it takes is measured apart and not counted."""
    evalica = _require("evalica")
    pandas = _require("pandas")
    winner = evalica.Winner
    watch = Stopwatch()
    rows = np.random.default_rng(0).integers(0, len(votes.a), len(votes.a))
    outcomes = np.array([winner.Y, winner.Draw, winner.X], dtype=object)
    a, b = pandas.Series(votes.a[rows]), pandas.Series(votes.b[rows])
    winners = pandas.Series(outcomes[(2 * votes.score[rows]).astype(np.intp)])
    watch.lap("resampling (not counted)")
    result = evalica.bradley_terry(a, b, winners)
    watch.lap("bradley_terry")
    return Measurement(
        watch.steps["bradley_terry"],
        steps=watch.steps,
        note=f"{result.iterations} iterations",
    )


class ArenaRank:
    """arena-rank pins its own versions of JAX and NumPy, so it runs in an environment of its own:
    ARENA_RANK_PYTHON names that environment's interpreter. Its counted runs are warm: it compiles
    in the first."""

    def __init__(self, votes: Path, features: Sequence[str] = ()) -> None:
        self._votes = votes
        self._features = features  # of the contextual model
        self._process: subprocess.Popen[str] | None = None
        self._version = ""
        self._first = 0.0

    def _start(self) -> subprocess.Popen[str]:
        python = os.environ.get("ARENA_RANK_PYTHON")
        if not python:
            raise Unavailable("ARENA_RANK_PYTHON does not name an interpreter with arena-rank")
        process = subprocess.Popen(
            [python, str(SIDE_SCRIPT), str(self._votes), *self._features],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": "",
                "JAX_PLATFORMS": "cpu",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
        )
        self._process = process
        self._version = self._answer()["version"]
        return process

    def _answer(self) -> Any:
        assert self._process is not None
        line = _pipe(self._process.stdout).readline()
        if not line:
            status = self._process.wait()
            raise Unavailable(f"the arena-rank process ended with status {status}")
        return json.loads(line)

    def measure(self) -> Measurement:
        process = self._process or self._start()
        _pipe(process.stdin).write("measure\n")
        _pipe(process.stdin).flush()
        answer = self._answer()
        seconds = sum(answer["steps"].values())
        self._first = self._first or seconds
        ability = np.array(answer["ability"])[np.argsort(answer["items"])]
        return Measurement(
            seconds,
            centred(ability),
            width=answer["width"],
            steps=answer["steps"],
            note=f"arena-rank {self._version}; the first call, which compiles, took "
            f"{self._first:.2f} s",
        )

    def close(self) -> None:
        if self._process is not None:
            _pipe(self._process.stdin).close()
            self._process.wait()
            _pipe(self._process.stdout).close()
            self._process = None


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def scipy_lbfgs(wins: Wins, score: float = 1e-3, max_iter: int = 100) -> Measurement:
    """SciPy's L-BFGS-B on the negative log-likelihood, its gradient by `numpy.bincount`, from zero
    until the score's infinity norm is at most `score`, but no more than `max_iter` iterations."""
    from scipy.optimize import minimize

    n_items = wins.n_items
    start = time.perf_counter()
    # NumPy would cast narrower indices again in every evaluation.
    winner, loser = wins.winner.astype(np.intp), wins.loser.astype(np.intp)

    def loss(ability: Any) -> tuple[float, Any]:
        odds = np.exp(ability[loser] - ability[winner])
        surprise = odds / (1.0 + odds)
        gradient = np.bincount(loser, surprise, n_items) - np.bincount(winner, surprise, n_items)
        return float(np.log1p(odds).sum()), gradient

    result = minimize(
        loss,
        np.zeros(n_items),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": score, "ftol": 0.0, "maxiter": max_iter, "maxfun": 10 * max_iter},
    )
    seconds = time.perf_counter() - start
    ability = centred(result.x)
    reached = score_norm(wins, ability)
    return Measurement(
        seconds,
        ability,
        note=f"{result.nit} iterations, {result.nfev} evaluations, score {reached:.1e}",
    )


def choix_wins(wins: Wins, function: str) -> Measurement:
    """`choix.ilsr_pairwise` or `choix.mm_pairwise` on a ready list of the tuples they take."""
    choix = _require("choix")
    data = list(zip(wins.winner.tolist(), wins.loser.tolist(), strict=True))
    start = time.perf_counter()
    ability = getattr(choix, function)(wins.n_items, data)
    seconds = time.perf_counter() - start
    return Measurement(seconds, centred(ability))
