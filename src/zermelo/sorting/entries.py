"""Answered calls as lines of a log, and back."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .log import Log
from .outcomes import Answer, read_answer
from .presentation import Shown
from .settings import Settings

# What the answer to a question is called in its line.
FIELD = {"compare": "score", "choose": "best", "rank": "order"}


def entry_of(settings: Settings, shown: Shown) -> dict[str, Any]:
    """A line but for its answer: the ask, and what was shown in which order."""
    labels = settings.identity.labels
    named = [labels[settings.start[number]] for number in shown]
    if settings.method.question == "compare":
        return {"id": settings.ask_id(shown), "x": named[0], "y": named[1]}
    return {"id": settings.ask_id(shown), "items": named}


def answered(settings: Settings, shown: Shown, answer: Answer) -> dict[str, Any]:
    return {**entry_of(settings, shown), FIELD[settings.method.question]: answer}


def failed(settings: Settings, shown: Shown, reason: str) -> dict[str, Any]:
    return {**entry_of(settings, shown), "failure": reason}


def read_entries(settings: Settings, log: Log) -> dict[Shown, Answer]:
    """What the log has answered; what failed is left out, so that it is asked again."""
    number = {position: i for i, position in enumerate(settings.start)}
    place = settings.identity.place
    question = settings.method.question
    answers: dict[Shown, Answer] = {}
    for line, entry in log.entries:
        named = [entry.get("x"), entry.get("y")] if question == "compare" else entry.get("items")
        try:
            shown = tuple(number[place[label]] for label in named)  # type: ignore[union-attr]
        except (KeyError, TypeError):
            raise log.wrong(line, "it does not name items of this sort") from None
        if len(set(shown)) != len(shown) or entry.get("id") != settings.ask_id(shown):
            raise log.wrong(line, "its id is not that of its items")
        if "failure" in entry:
            continue
        if FIELD[question] not in entry:
            raise log.wrong(line, f"it has no {FIELD[question]!r}")
        try:
            answer = read_answer(
                question, entry[FIELD[question]], len(shown), lambda: "the answer is"
            )
        except InputError as error:
            raise log.wrong(line, str(error)) from None
        if answers.setdefault(shown, answer) != answer:
            raise log.wrong(line, "the same call was answered otherwise before")
    return answers
