"""Making the calls of a sort with an async function, as tasks of the running event loop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from .dispatching import Dispatcher, Sending
from .driving import Outcome, keep, take
from .limits import CallTimeoutError


async def drive_async(dispatcher: Dispatcher, timeout: float | None) -> None:
    """Make calls until there is nothing more to ask, without rounds, as `drive` does."""
    running: set[asyncio.Task[Outcome]] = set()
    try:
        while True:
            now = time.monotonic()
            sending = dispatcher.next(now, len(running))
            if sending is not None:
                running.add(asyncio.create_task(_call(dispatcher, sending, timeout)))
                continue
            pause = dispatcher.pause(now, len(running))
            if running:
                finished, running = await asyncio.wait(
                    running, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                outcomes = [task.result() for task in finished]
                # A set has no order; that of the questions makes runs alike where it can.
                take(dispatcher, sorted(outcomes, key=lambda outcome: outcome.sending.calls))
            elif pause is not None:
                await asyncio.sleep(pause)
            else:
                return
    except Exception:
        if dispatcher.keeps_answers and running:
            finished, running = await asyncio.wait(running)
            keep(dispatcher, [task.result() for task in finished if not task.cancelled()])
        raise
    finally:
        for task in running:
            task.cancel()
        if running:
            await asyncio.gather(*running, return_exceptions=True)


async def _call(dispatcher: Dispatcher, sending: Sending, timeout: float | None) -> Outcome:
    try:
        async with asyncio.timeout(timeout) as scope:
            return Outcome(sending, await _value(dispatcher, sending), None)
    except Exception as error:
        if isinstance(error, TimeoutError) and scope.expired():
            late = CallTimeoutError(f"no answer within {timeout:g} seconds")
            return Outcome(sending, None, late)
        return Outcome(sending, None, error)


async def _value(dispatcher: Dispatcher, sending: Sending) -> Any:
    return await dispatcher.call(sending.shown)
