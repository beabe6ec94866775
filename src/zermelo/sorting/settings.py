"""What fixes the questions of a sort: the arguments that a log or a saved sorter is bound to."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..checks import shortened, whole
from ..errors import InputError
from .auto import choose_method
from .identity import Identity
from .method import MOST
from .methods import Method, method_of
from .presentation import Shown, read_presentation

FORMAT = 1
MOST_SEED = (1 << 64) - 1

# Methods that plan for a limit of rounds.
KEEP_ROUNDS = frozenset({"adaptive", "allpair", "quickselect"})


@dataclass(frozen=True, eq=False)
class Settings:
    """A sort but for its answers.

    Attributes
    ----------
    start : list of int
        Positions in the input, in the initial order: item number i stands at ``start[i]``.
    chosen_by : {"auto", "caller"}
        Who chose the method.
    """

    identity: Identity
    start: list[int]
    method: Method
    chosen_by: str
    reason: str
    top_k: int | None
    max_rounds: int | None
    presentation: str
    seed: int
    log_tag: str | None

    @property
    def n(self) -> int:
        return len(self.identity)

    @property
    def wanted(self) -> int:
        """How many places are wanted."""
        return self.n if self.top_k is None else self.top_k

    def header(self) -> dict[str, Any]:
        """What a log of this sort begins with."""
        return self._header(self.identity.fingerprint)

    def _header(self, fingerprint: str | None) -> dict[str, Any]:
        return {
            "zermelo_sort": FORMAT,
            "n": self.n,
            "ids": fingerprint,
            "initial": hashlib.sha256(json.dumps(self.start).encode()).hexdigest(),
            "method": describe_method(self.method),
            "chosen_by": self.chosen_by,
            "reason": self.reason,
            "top_k": self.top_k,
            "max_rounds": self.max_rounds,
            "presentation": self.presentation,
            "seed": self.seed,
            "log_tag": self.log_tag,
        }

    @cached_property
    def key(self) -> str:
        """Eight hexadecimal digits that tell this sort from others."""
        try:
            header = self.header()
        except InputError:  # no log: only a log needs items that another run recognises
            header = self._header(None)
        bound = {name: value for name, value in header.items() if name not in UNBOUND}
        return hashlib.sha256(json.dumps(bound).encode()).hexdigest()[:8]

    def named(self, shown: Shown) -> str:
        """The items of a call, as a message names them."""
        labels = self.identity.labels
        listed = [repr(labels[self.start[number]]) for number in shown[:4]]
        more = len(shown) - len(listed)
        what = "items " if self.identity.origin == "positions" else ""
        return f"{what}{', '.join(listed)}{f' and {more} more' if more else ''}"

    def ask_id(self, shown: Shown) -> str:
        """The same in every run, and in no other sort."""
        positions = [self.start[number] for number in shown]
        if self.method.question == "compare":
            return f"{self.key}-{positions[0]}-{positions[1]}"
        listed = ",".join(map(str, positions))
        return f"{self.key}-{hashlib.sha256(listed.encode()).hexdigest()[:32]}"


# Fields of a header that may differ between two runs of one sort.
UNBOUND = frozenset({"chosen_by", "reason"})


def read_settings(
    identity: Identity,
    *,
    method: Any,
    top_k: Any,
    presentation: Any,
    initial: Any,
    max_rounds: Any,
    seed: Any,
    log_tag: Any,
    question: str | None = None,
    concurrency: int = 1,
    header: dict[str, Any] | None = None,
) -> Settings:
    """Checked settings.

    `question` is what the comparator answers, None where the method alone decides. Where the
    method is "auto" and a log's `header` tells what "auto" chose, that is kept: it may depend on
    the number of threads and on the version.
    """
    n = len(identity)
    if top_k is not None:
        top_k = whole("top_k", top_k, 1, "a positive whole number")
        if top_k > n:
            raise InputError(f"top_k must be at most the number of items, {n}, but is {top_k}")
    if max_rounds is not None:
        max_rounds = whole("max_rounds", max_rounds, 1, "a positive whole number")
    seed = whole("seed", seed, 0, rule := "a whole number from 0 to 2^64 - 1")
    if seed > MOST_SEED:
        raise InputError(f"seed must be {rule}, but is {seed}")
    if log_tag is not None and not isinstance(log_tag, str):
        raise InputError(f"log_tag must be text, but is {shortened(log_tag)}")
    start = read_initial(initial, n)
    if isinstance(method, str) and method == "auto":
        asked, question = "auto", question or "compare"
        presentation = read_presentation(presentation, question)
        if header is not None and header.get("chosen_by") == "auto":
            chosen = restore_method(header.get("method"))
            reason = str(header.get("reason"))
        else:
            chosen, reason = choose_method(
                n,
                n if top_k is None else top_k,
                concurrency=concurrency,
                presentation=presentation,
                question=question,
                max_rounds=max_rounds,
            )
    else:
        asked, chosen = "caller", method_of(method)
        reason = f"method={method!r} was asked for"
        if question is not None and chosen.question != question:
            raise InputError(
                f"method is {chosen.name!r}, which asks {chosen.question}= and not {question}="
            )
        presentation = read_presentation(presentation, chosen.question)
    if max_rounds is not None:
        _check_rounds(max_rounds, chosen, presentation)
    return Settings(
        identity, start, chosen, asked, reason, top_k, max_rounds, presentation, seed, log_tag
    )


def _check_rounds(max_rounds: int, method: Method, presentation: str) -> None:
    if method.name not in KEEP_ROUNDS:
        raise InputError(
            f"max_rounds is {max_rounds}, but method {method.name!r} takes the rounds that it "
            f"needs; those that trade calls for rounds are {', '.join(sorted(KEEP_ROUNDS))}"
        )
    if presentation == "escalate" and max_rounds < 2:
        raise InputError(
            "max_rounds is 1, but presentation 'escalate' may ask a pair twice, one after the other"
        )


def read_initial(initial: Any, n: int) -> list[int]:
    """Positions in the initial order, best first."""
    if initial is None:
        return list(range(n))
    if isinstance(initial, (str, bytes)) or not isinstance(initial, Iterable):
        raise InputError(
            "initial must hold the positions of the items, best first, or a float score an item, "
            f"but is {shortened(initial)}"
        )
    values = np.asarray(initial if hasattr(initial, "__len__") else list(initial))
    if values.ndim != 1 or len(values) != n:
        raise InputError(
            f"Length of initial ({len(values) if values.ndim else 1}) must match length of items "
            f"({n})"
        )
    if values.dtype.kind == "f":
        for position in np.flatnonzero(~np.isfinite(values))[:1]:
            raise InputError(
                f"initial must hold finite scores, but initial[{position}] is {values[position]}"
            )
        return [int(position) for position in np.argsort(-values, kind="stable")]
    if values.dtype.kind not in "iu" and n:
        raise InputError(
            "initial must hold positions (whole numbers, best first) or scores (floats, higher is "
            f"better), but initial[0] is {shortened(values.tolist()[0])}"
        )
    order = [int(position) for position in values]
    seen: dict[int, int] = {}
    for place, position in enumerate(order):
        if not 0 <= position < n or position in seen:
            found = "which came before" if position in seen else f"but there are {n} items"
            raise InputError(
                f"initial[{place}] is {position}, {found}: whole numbers are positions, each from "
                "0 once, best first. Scores must be floats"
            )
        seen[position] = place
    return order


def describe_method(method: Method) -> dict[str, Any]:
    """A method as JSON."""
    fields = dataclasses.asdict(method) if dataclasses.is_dataclass(method) else {}
    return {"class": type(method).__name__, **fields}


def restore_method(description: Any) -> Method:
    """The method that was described."""
    fields = dict(description) if isinstance(description, dict) else {}
    name = fields.pop("class", None)
    for kind in _kinds(Method):
        if kind.__name__ == name:
            try:
                return kind(**fields)
            except TypeError:
                break  # it had other parameters
    raise InputError(f"no method of this version is {shortened(description)}")


def _kinds(kind: type[Method]) -> Iterator[type[Method]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def rounds_for_machine(settings: Settings) -> int:
    """The most questions in a row; 0 where there is no limit. Escalating may take two calls."""
    if settings.max_rounds is None:
        return 0
    steps = 2 if settings.presentation == "escalate" else 1
    return min(max(1, settings.max_rounds // steps), MOST)
