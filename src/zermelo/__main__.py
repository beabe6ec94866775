"""The entry point of the command line; without its extra, the line that installs it."""

from __future__ import annotations

import sys

# What the command line needs and a plain install does not bring.
EXTRA = ("duckdb", "rich", "typer")


def main() -> None:
    """Runs `zermelo`, or says what is missing."""
    try:
        from .cli.app import run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRA:
            raise
        print(
            f"zermelo: the command line needs {missing}: pip install 'zermelo[cli]'",
            file=sys.stderr,
        )
        raise SystemExit(1) from None
    run()


if __name__ == "__main__":
    main()
