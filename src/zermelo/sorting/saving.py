"""Sorters as JSON: their arguments and answers, from which everything else follows."""

from __future__ import annotations

import json
from typing import Any

from ..errors import InputError
from .budget import Budget
from .identity import Identity, read_items
from .outcomes import Answer, read_answer
from .presentation import Shown, read_presentation
from .settings import FORMAT, Settings, describe_method, read_initial, restore_method
from .work import Work


def saved(work: Work) -> dict[str, Any]:
    """A sorter as JSON."""
    settings = work.settings
    return {
        "zermelo_sorter": FORMAT,
        "ids": settings.identity.fingerprint,
        "start": settings.start,
        "method": describe_method(settings.method),
        "chosen_by": settings.chosen_by,
        "reason": settings.reason,
        "top_k": settings.top_k,
        "max_rounds": settings.max_rounds,
        "presentation": settings.presentation,
        "seed": settings.seed,
        "log_tag": settings.log_tag,
        "budget": work.budget.limit,
        "known": [[*pair, score] for pair, score in work.known.items()],
        "answers": [[list(shown), answer] for shown, answer in work.state.answers.items()],
    }


def read_saved(path: str, items: Any, ids: Any) -> Work:
    """The sorter that a file holds, of these items."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except ValueError as error:
        raise InputError(f"{path!r} is no saved sorter: {error}") from error
    if not isinstance(document, dict) or document.get("zermelo_sorter") != FORMAT:
        raise InputError(f"{path!r} is no saved sorter of this version")
    identity = read_items(items, ids)
    try:
        return _restored(path, document, identity, which="items" if ids is None else "ids")
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path!r} is a saved sorter that was changed: {type(error).__name__}: {error}"
        ) from error


def _restored(path: str, document: dict[str, Any], identity: Identity, which: str) -> Work:
    if len(identity) != len(document["start"]):
        raise InputError(
            f"{path!r} is about {len(document['start'])} items, but items has {len(identity)}"
        )
    if document["ids"] != identity.fingerprint:
        raise InputError(
            f"{path!r} is about others: {which} must be those it was made with, in the same order"
        )
    method = restore_method(document["method"])
    settings = Settings(
        identity,
        read_initial(document["start"], len(identity)),
        method,
        document["chosen_by"],
        document["reason"],
        document["top_k"],
        document["max_rounds"],
        read_presentation(document["presentation"], method.question),
        document["seed"],
        document["log_tag"],
    )
    number = set(range(len(identity)))
    known = {(low, high): score for low, high, score in document["known"]}
    answers: dict[Shown, Answer] = {}
    for listed, value in document["answers"]:
        shown = tuple(listed)
        if not set(shown) <= number:
            raise InputError(f"{path!r} has an answer about {shown}, which are no items of it")
        answers[shown] = read_answer(
            settings.method.question, value, len(shown), lambda: f"{path!r}: an answer is"
        )
    return Work(settings, known, answers, Budget(document["budget"]), None)
