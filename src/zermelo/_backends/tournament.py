"""Twins of the tournament kernels: numba, one replicate at a time.

The instructions, the random bits and the pairing are those that tournament/program.py describes;
the counts are the same as those of the C++ core.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tournament import program as op
from .bradley_terry import _team
from .threads import run_chunks
from .tournament_rounds import (
    DRAW,
    LOSS,
    WIN,
    _close_circle,
    _compile,
    _draw,
    _give_bye,
    _order_entrants,
    _rank,
    _search,
    _seed,
)

Codes = NDArray[np.int32]
Thresholds = NDArray[np.uint32]

# A stretch takes well below 0.2 s, so that Ctrl-C works.
MATCHES_PER_STRETCH = 1 << 20
NOT_PLAYED = 255
MALFORMED, NO_PAIRING, TOO_MANY_GAMES = 1, 2, 3
FAULTS = {
    MALFORMED: "has an operand out of range",
    NO_PAIRING: "cannot pair all entrants without a rematch; fewer rounds help",
    TOO_MANY_GAMES: "lets an item play more than most_games games",
}
HALF = 1 << 30


@_compile
def _play_match(
    row: Any, words: Any, item: Any, first_below: Any, flips: bool, played: Any
) -> None:
    a, b = item[row[1]], item[row[2]]
    flipped = flips and _draw(words) < HALF
    first, second = (b, a) if flipped else (a, b)
    first_wins = _draw(words) < np.int64(first_below[row[5], first, second])
    a_wins = (first_wins != flipped) if row[7] == op.FREE else row[7] == 1
    item[row[3]] = a if a_wins else b
    item[row[4]] = b if a_wins else a
    played[0], played[1] = first, second
    played[2] = WIN if a_wins != flipped else LOSS


@_compile
def _play_game(
    a: int, b: int, table: int, forced: int, words: Any, first_below: Any, draw_below: Any,
    flips: bool, win_points: int, draw_points: int, points: Any, wins: Any, n_games: Any,
    opponent: Any, result: Any, met: Any, played: Any,
) -> bool:  # fmt: skip
    """False where an item has played its most games."""
    flipped = flips and _draw(words) < HALF
    first, second = (b, a) if flipped else (a, b)
    bits = _draw(words)
    if bits < np.int64(first_below[table, first, second]):
        outcome = WIN
    elif bits < np.int64(draw_below[table, first, second]):
        outcome = DRAW
    else:
        outcome = LOSS
    if forced == DRAW:
        outcome = DRAW
    elif forced != op.FREE:
        outcome = WIN if (forced == WIN) != flipped else LOSS
    played[0], played[1], played[2] = first, second, outcome
    if outcome == DRAW:
        points[first] += draw_points
        points[second] += draw_points
    else:
        winner = first if outcome == WIN else second
        points[winner] += win_points
        wins[winner] += 1
    if len(opponent) == 0:
        return True
    if n_games[first] == opponent.shape[1] or n_games[second] == opponent.shape[1]:
        return False
    opponent[first, n_games[first]] = second
    opponent[second, n_games[second]] = first
    result[first, n_games[first]] = outcome
    result[second, n_games[second]] = DRAW if outcome == DRAW else WIN - outcome
    n_games[first] += 1
    n_games[second] += 1
    if met.size > 0:
        met[first, second] = met[second, first] = True
    return True


@_compile
def _run(
    code: Any, n_items: int, n_registers: int, breakers: Any, win_points: int, draw_points: int,
    first_below: Any, draw_below: Any, flips: bool, most_games: int, keeps_games: bool,
    pairs_swiss: bool, most_choices: int, key: Any, begin: int, end: int, records: bool,
    counts: Any, matches: Any, outcomes: Any, bands: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Replicates begin to end; the matches played, and a bad instruction and its fault."""
    n = n_items
    words = np.empty(4, np.uint64)
    item = np.zeros(n_registers, np.int64)
    points, wins = np.zeros(n, np.int64), np.zeros(n, np.int64)
    n_byes = np.zeros(n, np.int64)
    tier = np.full(n, -1, np.int64)
    n_games = np.zeros(n, np.int64)
    opponent = np.empty((n if keeps_games else 0, most_games), np.int64)
    result = np.empty((n if keeps_games else 0, most_games), np.int64)
    side = n if pairs_swiss else 0
    met = np.zeros((side, side), np.bool_)
    order, value, circle = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    free, taken = np.empty((side // 2 + 1, side), np.int64), np.empty(side // 2 + 1, np.int64)
    pairs = np.empty(n + 1, np.int64)
    played = np.empty(3, np.int64)
    n_matches = 0
    for replicate in range(begin, end):
        _seed(key, np.uint64(replicate), words)
        for k in range(n):
            item[k] = k
        points[:] = 0
        wins[:] = 0
        n_byes[:] = 0
        n_games[:] = 0
        met[:] = False
        slot = 0
        for at in range(len(code)):
            row = code[at]
            operation = row[0]
            if operation == op.EXIT:
                if records:
                    bands[replicate - begin, item[row[1]]] = row[2]
                else:
                    counts[item[row[1]], row[2]] += 1
                continue
            if operation == op.SHUFFLE:
                for k in range(row[2] - 1, 0, -1):
                    other = row[1] + ((_draw(words) * (k + 1)) >> 31)
                    item[row[1] + k], item[other] = item[other], item[row[1] + k]
                continue
            if operation == op.SORT:
                item[row[1] : row[1] + row[2]] = np.sort(item[row[1] : row[1] + row[2]])
                continue
            if operation == op.COPY:
                item[row[2]] = item[row[1]]
                continue
            if operation == op.BYE:
                _give_bye(item[row[1]], win_points, points, wins, n_byes)
                continue
            if operation == op.RANK:
                _rank(
                    row, words, item, breakers, win_points, draw_points, points, wins, n_byes,
                    n_games, opponent, result, tier,
                )  # fmt: skip
                continue
            n_pairs, table, forced = 1, row[3], op.FREE
            if operation in (op.MATCH, op.REMATCH):
                if operation == op.MATCH or item[row[3]] == item[row[2]]:
                    _play_match(row, words, item, first_below, flips, played)
                    n_matches += 1
                else:
                    if flips:
                        _draw(words)
                    _draw(words)
                    played[0], played[1], played[2] = -1, -1, NOT_PLAYED
                if records:
                    matches[replicate - begin, slot, 0] = played[0]
                    matches[replicate - begin, slot, 1] = played[1]
                    outcomes[replicate - begin, slot] = played[2]
                    slot += 1
                continue
            if operation == op.GAME:
                pairs[0], pairs[1] = item[row[1]], item[row[2]]
                forced = row[5]
            elif operation == op.RANDOM_GAME:
                pairs[0] = (_draw(words) * n) >> 31
                pairs[1] = (_draw(words) * (n - 1)) >> 31
                pairs[1] += pairs[1] >= pairs[0]
                table = row[1]
            else:
                left = _order_entrants(
                    item[row[1] : row[1] + row[2]], row[5], words, win_points, points, wins,
                    n_byes, order, value,
                )  # fmt: skip
                found = _search(order, value, left, row[5], most_choices, met, free, taken, pairs)
                if found == 0 or (found < 0 and not _close_circle(order, left, met, circle, pairs)):
                    return n_matches, at, NO_PAIRING
                n_pairs = left // 2
            for k in range(n_pairs):
                if not _play_game(
                    pairs[2 * k], pairs[2 * k + 1], table, forced, words, first_below, draw_below,
                    flips, win_points, draw_points, points, wins, n_games, opponent, result, met,
                    played,
                ):  # fmt: skip
                    return n_matches, at, TOO_MANY_GAMES
                n_matches += 1
                if records:
                    matches[replicate - begin, slot, 0] = played[0]
                    matches[replicate - begin, slot, 1] = played[1]
                    outcomes[replicate - begin, slot] = played[2]
                    slot += 1
    return n_matches, -1, 0


def _most_matches(code: Codes) -> int:
    single = np.isin(code[:, 0], (op.MATCH, op.REMATCH, op.GAME, op.RANDOM_GAME))
    return int(np.count_nonzero(single) + (code[code[:, 0] == op.SWISS, 2] // 2).sum())


@_compile
def _within(value: int, begin: int, end: int) -> bool:
    return begin <= value < end


@_compile
def _malformed(
    code: Any, n_items: int, n_registers: int, breakers: Any, n_tables: int, n_bands: int
) -> tuple[int, int]:
    """The first instruction with an operand out of its range, and the fault."""
    for at in range(len(code)):
        row = code[at]
        operation, table, sound = row[0], 0, True
        if operation in (op.SWISS, op.RANK, op.SHUFFLE, op.SORT):
            sound = row[1] >= 0 and row[2] > 0 and row[1] + np.int64(row[2]) <= n_registers
        elif operation != op.RANDOM_GAME:
            sound = _within(row[1], 0, n_registers)
        if operation in (op.MATCH, op.REMATCH):
            table = row[5]
            sound = sound and _within(row[7], op.FREE, 2)
            for k in range(2, 5):
                sound = sound and _within(row[k], 0, n_registers)
        elif operation == op.GAME:
            table = row[3]
            sound = sound and _within(row[2], 0, n_registers) and _within(row[5], op.FREE, 3)
        elif operation == op.RANDOM_GAME:
            table = row[1]
            sound = n_items > 1
        elif operation == op.SWISS:
            table = row[3]
            sound = sound and row[2] <= n_items and _within(row[5], op.SLIDE, op.RANDOM + 1)
        elif operation == op.RANK:
            sound = sound and row[3] >= 0 and row[3] + np.int64(row[2]) <= n_registers
            sound = sound and row[4] >= 0 and row[5] >= 0
            sound = sound and row[4] + np.int64(row[5]) <= len(breakers)
            for k in range(row[5] if sound else 0):
                sound = sound and _within(breakers[row[4] + k], op.WINS, op.RATE + 1)
        elif operation == op.COPY:
            sound = sound and _within(row[2], 0, n_registers)
        elif operation == op.EXIT:
            sound = sound and _within(row[2], 0, n_bands)
        else:
            sound = sound and operation in (op.SHUFFLE, op.SORT, op.BYE)
        plays = operation in (op.MATCH, op.REMATCH, op.GAME, op.RANDOM_GAME, op.SWISS)
        if not sound or (plays and not _within(table, 0, n_tables)):
            return at, MALFORMED
    return -1, 0


def _keeps(code: Codes, breakers: Codes) -> tuple[bool, bool]:
    """Whether who played whom matters, and whether rounds of Swiss are paired by it."""
    pairs_swiss = bool(np.any(code[:, 0] == op.SWISS))
    used = [breakers[row[4] : row[4] + row[5]] for row in code[code[:, 0] == op.RANK]]
    return pairs_swiss or any(bool(np.any(one != op.WINS)) for one in used), pairs_swiss


def _refuse(instruction: int, fault: int) -> None:
    if fault:
        raise ValueError(f"instruction {instruction} {FAULTS[fault]}")


def _run_all(run: Callable[[int, int], int], code: Codes, n_replicates: int, threads: int) -> int:
    """`run` over stretches of the replicates, its results added up."""
    work = max(_most_matches(code), len(code) // 2, 1)
    stretch = max(MATCHES_PER_STRETCH // work, 1)
    total = 0
    with _team(threads) as pool:
        # A few stretches at a time, so that few are in the way of Ctrl-C.
        for first in range(0, n_replicates, 2 * threads * stretch):
            last = min(first + 2 * threads * stretch, n_replicates)
            borders = [(at, min(at + stretch, last)) for at in range(first, last, stretch)]
            total += sum(run_chunks(run, borders, pool))
    return total


def simulate_program(
    code: Codes, n_items: int, n_registers: int, breakers: Codes, win_points: int, draw_points: int,
    first_below: Thresholds, draw_below: Thresholds, flips: bool, n_bands: int, most_games: int,
    key: int, first_replicate: int, n_replicates: int, threads: int,
) -> tuple[NDArray[np.int64], int]:  # fmt: skip
    _refuse(*_malformed(code, n_items, n_registers, breakers, len(first_below), n_bands))
    keeps_games, pairs_swiss = _keeps(code, breakers)
    counts = np.zeros((n_items, n_bands), np.int64)
    adding = Lock()
    nothing = np.empty((0, 0, 2), np.int32), np.empty((0, 0), np.uint8), np.empty((0, 0), np.int32)

    def run(begin: int, end: int) -> int:
        own = np.zeros_like(counts)
        n_matches, instruction, fault = _run(
            code, n_items, n_registers, breakers, win_points, draw_points, first_below, draw_below,
            flips, most_games, keeps_games, pairs_swiss, op.MOST_CHOICES, np.uint64(key),
            first_replicate + begin, first_replicate + end, False, own, *nothing,
        )  # fmt: skip
        _refuse(instruction, fault)
        with adding:
            counts[:] += own
        return n_matches

    return counts, _run_all(run, code, n_replicates, threads)


def play_program(
    code: Codes, n_items: int, n_registers: int, breakers: Codes, win_points: int, draw_points: int,
    first_below: Thresholds, draw_below: Thresholds, flips: bool, n_bands: int, most_games: int,
    key: int, first_replicate: int, n_replicates: int, threads: int,
) -> tuple[Codes, Codes, NDArray[np.uint8], Codes]:  # fmt: skip
    _refuse(*_malformed(code, n_items, n_registers, breakers, len(first_below), n_bands))
    keeps_games, pairs_swiss = _keeps(code, breakers)
    most = _most_matches(code)
    entrants = np.empty((n_replicates, most, 2), np.int32)
    outcome = np.empty((n_replicates, most), np.uint8)
    band = np.full((n_replicates, n_items), -1, np.int32)
    nothing = np.empty((0, 0), np.int64)

    def run(begin: int, end: int) -> int:
        n_matches, instruction, fault = _run(
            code, n_items, n_registers, breakers, win_points, draw_points, first_below, draw_below,
            flips, most_games, keeps_games, pairs_swiss, op.MOST_CHOICES, np.uint64(key),
            first_replicate + begin, first_replicate + end, True, nothing, entrants[begin:end],
            outcome[begin:end], band[begin:end],
        )  # fmt: skip
        _refuse(instruction, fault)
        return n_matches

    _run_all(run, code, n_replicates, threads)
    first, second = np.ascontiguousarray(entrants[..., 0]), np.ascontiguousarray(entrants[..., 1])
    return first, second, outcome, band
