"""
The compiled kernels of zermelo.
"""

from __future__ import annotations

import collections.abc
import typing

import numpy
import numpy.typing

__all__: list[str] = [
    "SortMachine",
    "alias_tables",
    "bootstrap_abilities",
    "bt_log_likelihood",
    "bt_minorise",
    "bt_newman",
    "bt_newton",
    "bt_start",
    "build_graph",
    "build_graph_from_credits",
    "classify_scores",
    "cluster_meat",
    "compiler",
    "components",
    "count_inversions",
    "count_pairs",
    "count_smaller_before",
    "dense_covariance",
    "elo_log_loss",
    "elo_orders",
    "elo_replay",
    "encode_objects",
    "encode_text",
    "exact_bracket",
    "glicko_replay",
    "joint_newton",
    "laplacian_solve",
    "largest_differences",
    "mark_integers",
    "multinomial_draws",
    "play_program",
    "recode_integers",
    "simulate_program",
    "simulate_sorts",
    "small_fits",
    "sort_directly",
    "sum_pairs",
    "trueskill_replay",
]

class SortMachine:
    """
    Emits what can be asked at once and takes answers in any order.
    """
    def __init__(
        self,
        method: str,
        n: typing.SupportsInt | typing.SupportsIndex,
        top_k: typing.SupportsInt | typing.SupportsIndex,
        max_rounds: typing.SupportsInt | typing.SupportsIndex,
        seed: typing.SupportsInt | typing.SupportsIndex,
        options: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex],
    ) -> None: ...
    def order(self) -> list[int]:
        """
        The best order known so far.
        """
    def questions(
        self, since: typing.SupportsInt | typing.SupportsIndex
    ) -> list[tuple[typing.Any, ...]]:
        """
        Kind and items of the questions numbered from `since` on.
        """
    @typing.overload
    def tell(
        self,
        number: typing.SupportsInt | typing.SupportsIndex,
        answer: typing.SupportsFloat | typing.SupportsIndex,
        steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> None:
        """
        Answer a question with the score of its first item.
        """
    @typing.overload
    def tell(
        self,
        number: typing.SupportsInt | typing.SupportsIndex,
        answer: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        steps: typing.SupportsInt | typing.SupportsIndex,
    ) -> None:
        """
        Answer a question with places in its items.
        """
    @property
    def done(self) -> bool: ...
    @property
    def n_asked(self) -> int: ...
    @property
    def n_certain(self) -> int: ...
    @property
    def n_lookups(self) -> int: ...
    @property
    def n_rounds(self) -> int: ...

def alias_tables(
    weight: numpy.typing.NDArray[numpy.int64], begin: numpy.typing.NDArray[numpy.int64]
) -> tuple[numpy.typing.NDArray[numpy.uint32], numpy.typing.NDArray[numpy.uint32]]:
    """
    Thresholds and aliases of tables whose integer weights are given.
    """

def bootstrap_abilities(
    threshold: numpy.typing.NDArray[numpy.uint32],
    alias: numpy.typing.NDArray[numpy.uint32],
    table_begin: numpy.typing.NDArray[numpy.int64],
    least: numpy.typing.NDArray[numpy.int64],
    unit_offsets: numpy.typing.NDArray[numpy.int64],
    unit_cell: numpy.typing.NDArray[numpy.int32],
    cell_threshold: numpy.typing.NDArray[numpy.uint32],
    cell_alias: numpy.typing.NDArray[numpy.uint32],
    n_cells: typing.SupportsInt | typing.SupportsIndex,
    n_comparisons: typing.SupportsInt | typing.SupportsIndex,
    key: typing.SupportsInt | typing.SupportsIndex,
    part_offsets: numpy.typing.NDArray[numpy.int64],
    part_cell: numpy.typing.NDArray[numpy.int32],
    part_low: numpy.typing.NDArray[numpy.float64],
    part_high: numpy.typing.NDArray[numpy.float64],
    low: numpy.typing.NDArray[numpy.int32],
    high: numpy.typing.NDArray[numpy.int32],
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    entry_pair: numpy.typing.NDArray[numpy.int32],
    ability: numpy.typing.NDArray[numpy.float64],
    inverse: numpy.typing.NDArray[numpy.float64] | None,
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    root: numpy.typing.NDArray[numpy.uint8],
    may_fail: bool,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    n_replicates: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Abilities of every replicate, NaN where there is no maximum.
    """

@typing.overload
def bt_log_likelihood(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    ability: numpy.typing.NDArray[numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> float: ...
@typing.overload
def bt_log_likelihood(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    ability: numpy.typing.NDArray[numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> float: ...
@typing.overload
def bt_log_likelihood(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    ability: numpy.typing.NDArray[numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> float: ...
@typing.overload
def bt_minorise(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_minorise(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_minorise(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newman(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newman(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newman(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newton(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newton(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_newton(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    start: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def bt_start(
    offsets: numpy.typing.NDArray[numpy.int64],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def bt_start(
    offsets: numpy.typing.NDArray[numpy.int64],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def bt_start(
    offsets: numpy.typing.NDArray[numpy.int64],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]: ...
@typing.overload
def build_graph(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint32],
    loss: numpy.typing.NDArray[numpy.uint32],
    tie: numpy.typing.NDArray[numpy.uint32] | None,
    tie_share: typing.SupportsFloat | typing.SupportsIndex,
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def build_graph(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint64],
    loss: numpy.typing.NDArray[numpy.uint64],
    tie: numpy.typing.NDArray[numpy.uint64] | None,
    tie_share: typing.SupportsFloat | typing.SupportsIndex,
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
def build_graph_from_credits(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    first_credit: numpy.typing.NDArray[numpy.float64],
    second_credit: numpy.typing.NDArray[numpy.float64],
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
def classify_scores(
    score: numpy.typing.NDArray[numpy.float64], threads: typing.SupportsInt | typing.SupportsIndex
) -> tuple[typing.Any, ...]:
    """
    (outcome codes, number of fractional scores, first bad row or -1).
    """

def cluster_meat(
    offsets: numpy.typing.NDArray[numpy.int64],
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    residual: numpy.typing.NDArray[numpy.float64],
    extra: numpy.typing.NDArray[numpy.float64],
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    The clusters' scores times themselves, and in how many clusters each item occurs.
    """

@typing.overload
def components(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    linked: numpy.typing.NDArray[numpy.uint8],
) -> tuple[typing.Any, ...]: ...
@typing.overload
def components(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    linked: numpy.typing.NDArray[numpy.uint8],
) -> tuple[typing.Any, ...]: ...
@typing.overload
def components(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    linked: numpy.typing.NDArray[numpy.uint8],
) -> tuple[typing.Any, ...]: ...
@typing.overload
def count_inversions(
    values: numpy.typing.NDArray[numpy.int32], threads: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Pairs of each row that stand in the wrong order.
    """

@typing.overload
def count_inversions(
    values: numpy.typing.NDArray[numpy.int64], threads: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Pairs of each row that stand in the wrong order.
    """

def count_pairs(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    outcome: numpy.typing.NDArray[numpy.uint8],
    count: numpy.typing.NDArray[numpy.int64] | None,
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (first, second, win, loss, tie or None) by ordered pair.
    """

def count_smaller_before(
    codes: numpy.typing.NDArray[numpy.int32], threads: typing.SupportsInt | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int32]:
    """
    How many codes before each in its row are smaller.
    """

def dense_covariance(
    information: numpy.typing.NDArray[numpy.float64],
    meat: numpy.typing.NDArray[numpy.float64] | None,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64] | None:
    """
    inverse(information), or the sandwich around meat; None where it is singular.
    """

def elo_log_loss(
    games: tuple[
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.float64],
    ],
    rules: collections.abc.Sequence[
        tuple[
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.SupportsFloat | typing.SupportsIndex,
            typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
            typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
            bool,
        ]
    ],
    initial: numpy.typing.NDArray[numpy.float64],
    weight: numpy.typing.NDArray[numpy.float64],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    One-step-ahead log loss of several rules.
    """

def elo_orders(
    games: tuple[
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.float64],
    ],
    rules: tuple[
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        bool,
    ],
    initial: numpy.typing.NDArray[numpy.float64],
    key: typing.SupportsInt | typing.SupportsIndex,
    replace: bool,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    n_replicates: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    Ratings after games in random orders, and the game whose divisor is not positive.
    """

def elo_replay(
    games: tuple[
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.uint8],
        numpy.typing.NDArray[numpy.float64],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.int32],
        numpy.typing.NDArray[numpy.int64],
        numpy.typing.NDArray[numpy.float64],
    ],
    rules: tuple[
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.SupportsFloat | typing.SupportsIndex,
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        typing.Annotated[numpy.typing.ArrayLike, numpy.float64],
        bool,
    ],
    game_offset: typing.SupportsInt | typing.SupportsIndex,
    rating: numpy.typing.NDArray[numpy.float64],
    n_games: numpy.typing.NDArray[numpy.int64],
    peak: numpy.typing.NDArray[numpy.float64],
    peak_game: numpy.typing.NDArray[numpy.int64],
    last_period: numpy.typing.NDArray[numpy.int32],
    history: bool,
) -> tuple[typing.Any, ...]:
    """
    Replays games in place; expectations, ratings before and after, the bad game or -1.
    """

def encode_objects(
    values: numpy.ndarray, table: dict[typing.Any, typing.Any]
) -> numpy.typing.NDArray[numpy.int32]:
    """
    int32 codes of labels; `table` (label -> code) grows in order of appearance.
    """

@typing.overload
def encode_text(
    chunks: list[tuple[numpy.typing.NDArray[numpy.int32], numpy.typing.NDArray[numpy.uint8]]],
) -> tuple[numpy.typing.NDArray[numpy.int32], list[str]]:
    """
    int32 codes and labels, in order of appearance, of texts in chunks of (offsets, bytes).
    """

@typing.overload
def encode_text(
    chunks: list[tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.uint8]]],
) -> tuple[numpy.typing.NDArray[numpy.int32], list[str]]:
    """
    int32 codes and labels, in order of appearance, of texts in chunks of (offsets, bytes).
    """

def exact_bracket(
    code: numpy.typing.NDArray[numpy.int32],
    n_items: typing.SupportsInt | typing.SupportsIndex,
    n_registers: typing.SupportsInt | typing.SupportsIndex,
    n_bands: typing.SupportsInt | typing.SupportsIndex,
    win: numpy.typing.NDArray[numpy.float64],
) -> tuple[typing.Any, ...]:
    """
    float64[n_items, n_bands]: where items end; and the first instruction that is not for it, or -1.
    """

def glicko_replay(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    outcome: numpy.typing.NDArray[numpy.uint8],
    score: numpy.typing.NDArray[numpy.float64],
    factor: numpy.typing.NDArray[numpy.float64],
    neutral: numpy.typing.NDArray[numpy.uint8],
    offset: numpy.typing.NDArray[numpy.float64],
    period_begin: numpy.typing.NDArray[numpy.int64],
    log_odds_per_point: typing.SupportsFloat | typing.SupportsIndex,
    position_effect: typing.SupportsFloat | typing.SupportsIndex,
    growth: typing.SupportsFloat | typing.SupportsIndex,
    most: typing.SupportsFloat | typing.SupportsIndex,
    tau: typing.SupportsFloat | typing.SupportsIndex,
    first_period: typing.SupportsInt | typing.SupportsIndex,
    rating: numpy.typing.NDArray[numpy.float64],
    deviation: numpy.typing.NDArray[numpy.float64],
    volatility: numpy.typing.NDArray[numpy.float64],
    last_period: numpy.typing.NDArray[numpy.int64],
    history: bool,
) -> tuple[typing.Any, ...]:
    """
    Plays rating periods by Glicko, or with volatilities by Glicko-2.
    """

def joint_newton(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    tie: numpy.typing.NDArray[numpy.float64] | None,
    offset: numpy.typing.NDArray[numpy.float64] | None,
    features: numpy.typing.NDArray[numpy.float64],
    ties: typing.SupportsInt | typing.SupportsIndex,
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    start: numpy.typing.NDArray[numpy.float64],
    start_extra: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    dense_below: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def laplacian_solve(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.uint8],
    loss: numpy.typing.NDArray[numpy.uint8],
    ability: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    right: numpy.typing.NDArray[numpy.float64],
    relative_tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def laplacian_solve(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float32],
    loss: numpy.typing.NDArray[numpy.float32],
    ability: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    right: numpy.typing.NDArray[numpy.float64],
    relative_tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
@typing.overload
def laplacian_solve(
    offsets: numpy.typing.NDArray[numpy.int64],
    neighbour: numpy.typing.NDArray[numpy.int32],
    win: numpy.typing.NDArray[numpy.float64],
    loss: numpy.typing.NDArray[numpy.float64],
    ability: numpy.typing.NDArray[numpy.float64],
    held: numpy.typing.NDArray[numpy.uint8],
    centre: numpy.typing.NDArray[numpy.int32],
    n_centres: typing.SupportsInt | typing.SupportsIndex,
    prior: typing.SupportsFloat | typing.SupportsIndex,
    right: numpy.typing.NDArray[numpy.float64],
    relative_tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]: ...
def largest_differences(
    errors: numpy.typing.NDArray[numpy.float32],
    item: numpy.typing.NDArray[numpy.int32],
    first: numpy.typing.NDArray[numpy.int32],
    up: numpy.typing.NDArray[numpy.float32],
    down: numpy.typing.NDArray[numpy.float32],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float32]:
    """
    The largest weighted difference to each item in every draw.
    """

@typing.overload
def mark_integers(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    low: typing.SupportsInt | typing.SupportsIndex,
    span: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.uint8], int]:
    """
    uint8[span]: 1 at v - low for every v in either column; and how many values lie outside.
    """

@typing.overload
def mark_integers(
    first: numpy.typing.NDArray[numpy.int64],
    second: numpy.typing.NDArray[numpy.int64],
    low: typing.SupportsInt | typing.SupportsIndex,
    span: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.uint8], int]:
    """
    uint8[span]: 1 at v - low for every v in either column; and how many values lie outside.
    """

def multinomial_draws(
    threshold: numpy.typing.NDArray[numpy.uint32],
    alias: numpy.typing.NDArray[numpy.uint32],
    table_begin: numpy.typing.NDArray[numpy.int64],
    least: numpy.typing.NDArray[numpy.int64],
    unit_offsets: numpy.typing.NDArray[numpy.int64],
    unit_cell: numpy.typing.NDArray[numpy.int32],
    cell_threshold: numpy.typing.NDArray[numpy.uint32],
    cell_alias: numpy.typing.NDArray[numpy.uint32],
    n_cells: typing.SupportsInt | typing.SupportsIndex,
    n_comparisons: typing.SupportsInt | typing.SupportsIndex,
    key: typing.SupportsInt | typing.SupportsIndex,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    n_replicates: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Counts of every cell in every replicate.
    """

def play_program(
    code: numpy.typing.NDArray[numpy.int32],
    n_items: typing.SupportsInt | typing.SupportsIndex,
    n_registers: typing.SupportsInt | typing.SupportsIndex,
    breakers: numpy.typing.NDArray[numpy.int32],
    win_points: typing.SupportsInt | typing.SupportsIndex,
    draw_points: typing.SupportsInt | typing.SupportsIndex,
    first_below: numpy.typing.NDArray[numpy.uint32],
    draw_below: numpy.typing.NDArray[numpy.uint32],
    flips: bool,
    n_bands: typing.SupportsInt | typing.SupportsIndex,
    most_games: typing.SupportsInt | typing.SupportsIndex,
    key: typing.SupportsInt | typing.SupportsIndex,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    n_replicates: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    Who was shown first and second in every match, the first's outcome, and every item's band.
    """

@typing.overload
def recode_integers(
    values: numpy.typing.NDArray[numpy.int32],
    low: typing.SupportsInt | typing.SupportsIndex,
    table: numpy.typing.NDArray[numpy.int32],
    codes: numpy.typing.NDArray[numpy.int32],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> None:
    """
    Sets codes to table[v - low] for every v.
    """

@typing.overload
def recode_integers(
    values: numpy.typing.NDArray[numpy.int64],
    low: typing.SupportsInt | typing.SupportsIndex,
    table: numpy.typing.NDArray[numpy.int32],
    codes: numpy.typing.NDArray[numpy.int32],
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> None:
    """
    Sets codes to table[v - low] for every v.
    """

def simulate_program(
    code: numpy.typing.NDArray[numpy.int32],
    n_items: typing.SupportsInt | typing.SupportsIndex,
    n_registers: typing.SupportsInt | typing.SupportsIndex,
    breakers: numpy.typing.NDArray[numpy.int32],
    win_points: typing.SupportsInt | typing.SupportsIndex,
    draw_points: typing.SupportsInt | typing.SupportsIndex,
    first_below: numpy.typing.NDArray[numpy.uint32],
    draw_below: numpy.typing.NDArray[numpy.uint32],
    flips: bool,
    n_bands: typing.SupportsInt | typing.SupportsIndex,
    most_games: typing.SupportsInt | typing.SupportsIndex,
    key: typing.SupportsInt | typing.SupportsIndex,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    n_replicates: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    How often every item ended in every band, and the matches of all replicates.
    """

def simulate_sorts(
    method: str,
    n: typing.SupportsInt | typing.SupportsIndex,
    top_k: typing.SupportsInt | typing.SupportsIndex,
    max_rounds: typing.SupportsInt | typing.SupportsIndex,
    options: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex],
    quality: numpy.typing.NDArray[numpy.float64],
    wrong: typing.SupportsInt | typing.SupportsIndex,
    split: typing.SupportsInt | typing.SupportsIndex,
    close_gap: typing.SupportsFloat | typing.SupportsIndex,
    wrong_close: typing.SupportsInt | typing.SupportsIndex,
    split_close: typing.SupportsInt | typing.SupportsIndex,
    presentation: str,
    budgets: numpy.typing.NDArray[numpy.int64],
    seed: typing.SupportsInt | typing.SupportsIndex,
    first_replicate: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    Orders at each budget and at the end; counts of every replicate.
    """

def small_fits(
    wins: numpy.typing.NDArray[numpy.float64],
    prior: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    Abilities of every table of wins, and the largest change in its last Newton step.
    """

def sort_directly(
    method: str,
    top_k: typing.SupportsInt | typing.SupportsIndex,
    max_rounds: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    options: collections.abc.Mapping[str, typing.SupportsInt | typing.SupportsIndex],
    presentation: str,
    items: tuple[typing.Any, ...],
    compare: typing.Any,
    read: typing.Any,
    failed: typing.Any,
) -> tuple[typing.Any, ...]:
    """
    Sort, calling `compare` at once; order, counts, all calls and what ended it.
    """

def sum_pairs(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    outcome: numpy.typing.NDArray[numpy.uint8],
    score: numpy.typing.NDArray[numpy.float64] | None,
    count: numpy.typing.NDArray[numpy.int64] | None,
    weight: numpy.typing.NDArray[numpy.float64] | None,
    n_items: typing.SupportsInt | typing.SupportsIndex,
    threads: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (first, second, n of shape (4, pairs), sums of shape (11, pairs)) by ordered pair.
    """

def trueskill_replay(
    first: numpy.typing.NDArray[numpy.int32],
    second: numpy.typing.NDArray[numpy.int32],
    outcome: numpy.typing.NDArray[numpy.uint8],
    neutral: numpy.typing.NDArray[numpy.uint8],
    count: numpy.typing.NDArray[numpy.int64],
    beta: typing.SupportsFloat | typing.SupportsIndex,
    tau: typing.SupportsFloat | typing.SupportsIndex,
    draw_margin: typing.SupportsFloat | typing.SupportsIndex,
    position_effect: typing.SupportsFloat | typing.SupportsIndex,
    rating: numpy.typing.NDArray[numpy.float64],
    deviation: numpy.typing.NDArray[numpy.float64],
    history: bool,
) -> tuple[typing.Any, ...]:
    """
    Plays games of two, one after the other, by TrueSkill.
    """

__version__: str
compiler: str
