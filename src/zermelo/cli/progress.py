"""What is going on: shown on a terminal while it lasts, and ended by Ctrl-C at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Report = Callable[[float], None]


@contextmanager
def stage(description: str) -> Iterator[Report]:
    """Shows what is going on, and for how long, on stderr if that is a terminal.

    Gives a function that takes the percentage done; until it is called the bar only pulses.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda percentage: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(description, total=None)
        yield lambda percentage: progress.update(task, total=100.0, completed=percentage)


def run_query(connection: duckdb.DuckDBPyConnection, query: str, report: Report) -> None:
    """Runs a query that may take long.

    On a thread of its own: on the main thread DuckDB would notice Ctrl-C only after seconds.
    """
    connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(connection.execute, query)
        try:
            while not wait([future], timeout=0.1).done:
                if (percentage := connection.query_progress()) > 0:
                    report(percentage)
        except KeyboardInterrupt:
            connection.interrupt()
            raise
    future.result()
