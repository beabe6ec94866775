"""Sorting step by step: questions out, answers in, in any order and over any time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from itertools import islice
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import shortened, whole
from ..errors import InputError
from .ask import Ask
from .outcomes import Answer
from .presentation import Shown
from .result import SortResult
from .saving import read_saved, saved
from .work import Work, open_work


class Sorter:
    """A sort whose answers come from elsewhere: a provider's batch of a day, people, a queue.

    Parameters
    ----------
    items : sequence
        What to sort.
    method : str or method, default "auto"
        A name or an instance from `zermelo.sorting`. One that asks for choices or rankings makes
        asks about lists.
    top_k : int, optional
        How many places are wanted. None: all.
    presentation : {"both", "single", "random", "escalate"}, optional
        As in `sort`. None: "both" for pairs, "single" for lists.
    budget : int, optional
        The most calls. Asks that it does not allow are not made.
    max_rounds : int, optional
        The most answers that wait for each other: with batches of a day, days.
    initial : positions or scores, optional
        The initial order, as in `sort`.
    known : Comparisons or triples, optional
        Answers that cost nothing.
    ids : sequence of str or int, optional
        Who the items are, where they cannot say so themselves.
    log : path, optional
        Every answer is appended to it, and those that it has are taken up. The file is locked until
        `close`, or the end of a ``with`` block.
    log_tag : str, optional
        Model and prompt, say: a log with another one is refused.
    seed : int, default 0

    Examples
    --------
    >>> import zermelo as zm
    >>> sorter = zm.Sorter(["fair", "best", "good"], method="merge", presentation="single")
    >>> grades = {"best": 3, "good": 2, "fair": 1}
    >>> while not sorter.done:
    ...     for ask in sorter.pending():
    ...         sorter.tell(ask.id, grades[ask.x] > grades[ask.y])
    >>> sorter.result().ranked
    ['best', 'good', 'fair']
    """

    _work: Work
    _shown: dict[str, Shown]  # of every ask so far

    def __init__(
        self,
        items: Any,
        *,
        method: Any = "auto",
        top_k: int | None = None,
        presentation: str | None = None,
        budget: int | None = None,
        max_rounds: int | None = None,
        initial: Any = None,
        known: Any = None,
        ids: Any = None,
        log: str | os.PathLike[str] | None = None,
        log_tag: str | None = None,
        seed: int = 0,
    ) -> None:
        self._begin(
            open_work(
                items,
                ids=ids,
                known=known,
                budget=budget,
                log=log,
                method=method,
                top_k=top_k,
                presentation=presentation,
                initial=initial,
                max_rounds=max_rounds,
                seed=seed,
                log_tag=log_tag,
            )
        )

    def _begin(self, work: Work) -> None:
        self._work = work
        self._shown = {work.settings.ask_id(shown): shown for shown in work.state.answers}

    def pending(self, max: int | None = None) -> list[Ask]:
        """What can be asked now, the same until something is told.

        Parameters
        ----------
        max : int, optional
            The most asks to return. None: all that need no further answer.
        """
        if max is not None:
            max = whole("max", max, 1, "a positive whole number")
        self._name_new()
        return [self._work.ask(shown) for shown in islice(self._work.state.outstanding, max)]

    def tell(self, id: str, outcome: Any) -> None:
        """Answer an ask.

        Parameters
        ----------
        id : str
            That of the ask.
        outcome : float, bool, str, int, sequence or None
            As a comparator returns it: for pairs the score of `x` in [0, 1], a bool or an outcome
            label, for choices the index of the best in ``ask.items``, for rankings all indices,
            best first; None where the judge abstains, which counts as a tie.

        Raises
        ------
        InputError
            Nothing like that was asked, or it was answered otherwise before. An ask that is told
            the same again is no error.
        """
        shown = self._find(id)
        answer = self._read(id, shown, outcome)
        self._tell(id, shown, answer)

    def tell_many(self, outcomes: Mapping[str, Any]) -> None:
        """Answer several asks; nothing is told where one of them cannot be.

        Parameters
        ----------
        outcomes : dict of id to outcome
        """
        if not isinstance(outcomes, Mapping):
            raise InputError(
                f"outcomes must be a dict of id to outcome, but is {shortened(outcomes)}"
            )
        read = []
        for id, outcome in outcomes.items():
            shown = self._find(id)
            answer = self._read(id, shown, outcome)
            self._check_same(id, shown, answer)
            read.append((id, shown, answer))
        # In the order asked and not in that of the dict, in which a provider returns them.
        asked = {shown: place for place, shown in enumerate(self._work.state.outstanding)}
        for id, shown, answer in sorted(read, key=lambda told: asked.get(told[1], -1)):
            self._tell(id, shown, answer)

    def _find(self, id: Any) -> Shown:
        self._name_new()
        shown = self._shown.get(id) if isinstance(id, str) else None
        if shown is None:
            raise InputError(
                f"id {shortened(id)} is no ask of this sort; ids come from pending() of a sorter "
                "with the same arguments"
            )
        return shown

    def _read(self, id: str, shown: Shown, outcome: Any) -> Answer:
        return self._work.read(shown, outcome, lambda: f"The outcome of ask {id!r} is")

    def _name_new(self) -> None:
        unsent = self._work.state.unsent
        while unsent:
            shown = unsent.popleft()
            self._shown[self._work.settings.ask_id(shown)] = shown

    def _tell(self, id: str, shown: Shown, answer: Answer) -> None:
        self._check_same(id, shown, answer)
        if shown not in self._work.state.answers:
            self._work.take(shown, answer)

    def _check_same(self, id: str, shown: Shown, answer: Answer) -> None:
        before = self._work.state.answers.get(shown, answer)
        if before != answer:
            raise InputError(
                f"id {id!r} has been told {shortened(before)} and cannot be told "
                f"{shortened(answer)}"
            )

    @property
    def done(self) -> bool:
        """Whether nothing more is to be asked: the order is there, or the budget has gone."""
        return self._work.state.done

    @property
    def order(self) -> NDArray[np.int64]:
        """Positions in the input, best first, as far as is known; always all of them."""
        return np.array(self._work.state.order(), np.int64)

    def result(self) -> SortResult:
        """The order and what it cost so far; `complete` says whether it is finished."""
        return self._work.result()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the arguments and all answers to a JSON file, whole or not at all.

        Items are not in it: only labels or a hash of their contents. A sorter with a log has no
        need of it, since the log has every answer at once.
        """
        path = os.fspath(path)
        partial = f"{path}.{os.getpid()}.tmp"
        try:
            with open(partial, "w", encoding="utf-8") as file:
                json.dump(saved(self._work), file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            if os.path.exists(partial):
                os.remove(partial)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str], items: Any, ids: Any = None) -> Sorter:
        """A sorter as it was saved; `items` and `ids` are those that it was made with."""
        sorter = cls.__new__(cls)
        sorter._begin(read_saved(os.fspath(path), items, ids))
        return sorter

    def close(self) -> None:
        """Give the log back."""
        self._work.close()

    def __enter__(self) -> Sorter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = self._work.state
        status = (
            "done"
            if state.complete
            else f"{len(state.outstanding):,} asks pending"
            if state.outstanding
            else "out of budget"
        )
        return (
            f"Sorter({self._work.settings.n:,} items, {self._work.settings.method.name}, "
            f"{len(state.answers):,} answers, {status})"
        )
