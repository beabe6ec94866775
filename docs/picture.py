"""Draws docs/baseball.svg, the README's picture: the baseball example's board."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

import zermelo as zm
from zermelo.cli.board import make_board, print_board
from zermelo.cli.files import connect, open_source
from zermelo.cli.votes import find_columns, read_votes

ROOT = Path(__file__).resolve().parent.parent

connection = connect()
source = open_source(connection, [str(ROOT / "examples" / "baseball.csv")])
counts = read_votes(connection, source, find_columns(source)).counts
board = make_board(zm.bradley_terry(counts), 0.95)

console = Console(record=True, width=92, force_terminal=True, file=io.StringIO(), highlight=False)
print_board(console, board)
svg = console.export_svg(title="zermelo rank examples/baseball.csv", theme=MONOKAI)
# No font from the network: the picture is to look the same wherever it is shown.
svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
svg = re.sub(r"font-family: (Fira Code|arial)", "font-family: ui-monospace, Menlo, Consolas", svg)
svg = re.sub(r"terminal-\d+", "terminal", svg)
svg = "".join(line.rstrip() + "\n" for line in svg.splitlines())
(ROOT / "docs" / "baseball.svg").write_text(svg)
