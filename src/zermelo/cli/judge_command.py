"""A program of the user's own that judges pairs: a line of JSON in, a line with the answer out."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

from ..checks import shortened
from ..errors import InputError
from ..outcomes import KNOWN
from .options import say

# Programs often keep what they print to themselves until there is more of it.
PATIENCE = 10.0
PATIENT = (
    f"no answer from the command for {PATIENCE:.0f} s; does it end every answer with a line break "
    "and flush it?"
)
# A command whose input has ended has so long to end itself.
GRACE = 2.0


class JudgeCommand:
    """Copies of a command that run side by side; each answers one question at a time.

    Parameters
    ----------
    command : str
        What the shell runs.
    copies : int
        How many at most; one is started when all others are busy.
    """

    def __init__(self, command: str, copies: int) -> None:
        self._command = command
        self._idle: queue.SimpleQueue[_Copy | None] = queue.SimpleQueue()
        for _ in range(copies):
            self._idle.put(None)
        self._running: list[_Copy] = []
        self._lock = threading.Lock()

    def __enter__(self) -> JudgeCommand:
        return self

    def __exit__(self, *error: object) -> None:
        with self._lock:
            running, self._running = self._running, []
        for copy in running:
            copy.end_input()
        deadline = time.monotonic() + GRACE
        for copy in running:
            copy.close(max(deadline - time.monotonic(), 0.0))

    def ask(self, question: dict[str, Any]) -> Any:
        """The answer to a question; what it names is for messages."""
        copy = self._idle.get()
        try:
            if copy is None:
                copy = _Copy(self._command)
                with self._lock:
                    self._running.append(copy)
            answer = copy.ask(question)
        except BaseException:
            # Its answers may have come out of step: whoever asks next starts another.
            self._idle.put(None)
            raise
        self._idle.put(copy)
        return answer


class _Copy:
    def __init__(self, command: str) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                shell=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                errors="surrogateescape",
            )
        except OSError as error:
            raise InputError(f"--compare {command!r} cannot be started: {error}") from error

    def ask(self, question: dict[str, Any]) -> Any:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError), _impatient():
            process.stdin.write(json.dumps(question, ensure_ascii=False) + "\n")
            process.stdin.flush()
            if line := process.stdout.readline():
                return read_answer(line, question)
        pair = f"about {shortened(question['x'])} and {shortened(question['y'])}"
        try:
            code = process.wait(GRACE)
        except subprocess.TimeoutExpired:
            raise InputError(f"the command closed its output before it answered {pair}") from None
        raise InputError(
            f"the command ended with code {code} before it answered {pair}; it must answer every "
            "line of its input"
        )

    def end_input(self) -> None:
        """A well-behaved command ends when it has nothing more to read."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def close(self, patience: float) -> None:
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    timer = threading.Timer(PATIENCE, say, [PATIENT])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def read_answer(line: str, question: dict[str, Any]) -> Any:
    """A score, bool or label, or None; of {"score": ...} what it holds."""
    text = line.strip()
    try:
        answer = json.loads(text)
    except ValueError:
        # A shell script may say left without quotes.
        answer = text
    if isinstance(answer, dict):
        if "score" not in answer:
            raise _unreadable(text, question, 'it has no "score"')
        answer = answer["score"]
    if isinstance(answer, str) and answer.strip().casefold() not in KNOWN:
        raise _unreadable(text, question, "that is no label such as left, right or tie")
    if answer is not None and not isinstance(answer, (str, bool, int, float)):
        raise _unreadable(text, question, "that is no score")
    if isinstance(answer, (int, float)) and not 0 <= answer <= 1:
        raise _unreadable(text, question, "a score lies between 0 and 1")
    return answer


def _unreadable(text: str, question: dict[str, Any], why: str) -> InputError:
    return InputError(
        f"the command answered {shortened(text)} about {shortened(question['x'])} and "
        f"{shortened(question['y'])}, but {why}; an answer is a line of JSON: the score of x from "
        '0 to 1, true or false, a label, {"score": ...}, or null'
    )
