"""PairCounts of a frame, aggregated by the frame's own engine.

Only one row for every pair and outcome leaves the engine, so a relation over files may be larger
than memory.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ._backends import Backend, resolve
from ._backends.counting import number_pairs
from .columns import Array, Column, GroupedName, library_of, read_columns
from .dropping import drop_rows
from .errors import InputError
from .frames import Frame, check_columns, collect, computing, open_frame
from .grouping import check_keys, encode_groups, pair_keys, split_pair_keys
from .labels import encode_labels
from .outcomes import (
    FRACTIONAL,
    WIN,
    Outcomes,
    Scored,
    Sides,
    check_options,
    code_of,
    read_outcome_labels,
)
from .pair_columns import TOO_MANY, sum_columns
from .pair_counts import PairCounts
from .row_columns import read_groups

LARGEST = sys.float_info.max


def aggregate_frame(
    frame: Any,
    a: str,
    b: str,
    outcome: str | None,
    outcomes: Outcomes | None,
    count: str | None,
    weight: str | None,
    soft: bool,
    by: str | None = None,
) -> PairCounts:
    """What `PairCounts.from_frame` does; its arguments are documented there."""
    check_options(outcome, outcomes, soft)
    opened = open_frame(frame)
    named = {"a": a, "b": b, "outcome": outcome, "count": count, "weight": weight, "by": by}
    check_columns(opened, named)
    schema = opened.collect_schema()
    for argument, name in (("a", a), ("b", b)):
        dtype = schema[name]
        if dtype.is_float() or dtype.is_decimal() or dtype.is_nested() or dtype == nw.Boolean:
            raise InputError(
                f"{argument}={name!r} is a column of {dtype}; labels must be str or whole numbers"
            )
    if outcome is not None and schema[outcome].is_nested():
        raise InputError(
            f"outcome={outcome!r} is a column of {schema[outcome]}; it must hold scores or labels"
        )
    if by is not None and schema[by].is_nested():
        raise InputError(f"by={by!r} is a column of {schema[by]}; it must hold labels")
    numeric = outcome is not None and not outcomes and _is_numeric(schema[outcome])
    with computing():
        rows = _select(opened, named, numeric, schema)
        groups = _group(rows, named, numeric, schema)
    for argument in ("a", "b", "outcome", "by"):
        if argument in groups and (nulls := _nulls(groups[argument], groups["rows"])):
            raise InputError(
                f"{argument}={named[argument]!r} has {nulls:,} rows without a value; remove them "
                "first"
            )
    return _assemble(groups, named, numeric, outcomes, soft, library_of(frame))


def _is_numeric(dtype: nw.dtypes.DType) -> bool:
    return dtype.is_numeric() or dtype == nw.Boolean


def _select(
    frame: Frame, named: Mapping[str, str | None], numeric: bool, schema: nw.Schema
) -> Frame:
    """The columns under the names of the arguments, and their classes and products by row."""
    for argument in ("count", "weight"):
        name = named[argument]
        if name is not None and not schema[name].is_numeric():
            raise InputError(
                f"{argument} must be numbers, but {argument}={name!r} is a column of {schema[name]}"
            )
    columns = [
        nw.col(name).cast(nw.Float64).alias(argument)
        if argument == "weight" or (argument == "outcome" and numeric)
        else nw.col(name).alias(argument)
        for argument, name in named.items()
        if name is not None
    ]
    rows = frame.select(*columns)
    times = nw.col("count") if named["count"] is not None else nw.lit(1)
    derived: dict[str, nw.Expr] = {}
    checks = _requirements(named, numeric, schema)
    for argument, (holds, _) in checks.items():
        derived[f"{argument}_good"] = nw.when(holds).then(nw.lit(1)).otherwise(nw.lit(0))
    if named["count"] is not None:
        # Divided, not cast: Arrow casts no whole number beyond 2**53.
        derived["count_float"] = nw.col("count") / nw.lit(1)
    if named["weight"] is not None:
        derived["once"] = times * nw.col("weight")
        derived["squared"] = times * nw.col("weight") * nw.col("weight")
    if numeric:
        y = nw.col("outcome")
        once = derived.get("once", times)
        squared = derived.get("squared", times)
        derived["once_y"] = once * y
        derived["squared_y"] = squared * y
        derived["squared_yy"] = squared * y * y
        derived["code"] = (
            nw.when(y == 1.0)
            .then(nw.lit(1))
            .otherwise(
                nw.when(y == 0.0)
                .then(nw.lit(0))
                .otherwise(nw.when(y == 0.5).then(nw.lit(2)).otherwise(nw.lit(3)))
            )
        )
    return rows.with_columns(**derived) if derived else rows


def _requirements(
    named: Mapping[str, str | None], numeric: bool, schema: nw.Schema
) -> dict[str, tuple[nw.Expr, str]]:
    """What must hold in every row; a null does not hold, and NaN fails an upper bound."""
    checks: dict[str, tuple[nw.Expr, str]] = {}
    if named["count"] is not None:
        count = nw.col("count")
        holds = count >= 0
        if not schema[named["count"]].is_integer():
            holds = holds & (count <= 2.0**53) & (count % 1.0 == 0.0)
        checks["count"] = (holds, "whole and non-negative")
    if named["weight"] is not None:
        weight = nw.col("weight")
        checks["weight"] = ((weight >= 0.0) & (weight <= LARGEST), "finite and non-negative")
    if numeric:
        y = nw.col("outcome")
        checks["outcome"] = ((y >= 0.0) & (y <= 1.0), "in [0, 1]")
    return checks


def _group(
    rows: Frame, named: Mapping[str, str | None], numeric: bool, schema: nw.Schema
) -> dict[str, Any]:
    """One entry a pair and outcome, with its sums, after all rows were found good."""
    keys = ["a", "b"]
    if named["outcome"] is not None:
        keys.append("code" if numeric else "outcome")
    if named["by"] is not None:
        keys.append("by")
    sums = [f"{argument}_good" for argument in _requirements(named, numeric, schema)]
    if named["count"] is not None:
        sums += ["count", "count_float"]
    if named["weight"] is not None:
        sums += ["once", "squared"]
    if numeric:
        sums += ["once_y", "squared_y", "squared_yy"]
    grouped: Any = rows.group_by(*keys)
    aggregated = grouped.agg(nw.len().alias("rows"), *(nw.col(name).sum() for name in sums))
    whole = [name for name in sums if name.endswith("_good")]
    if named["count"] is not None and schema[named["count"]].is_integer():
        # Where the sum does not fit it may have wrapped around, or not be castable.
        fits = nw.col("count_float") < 2.0**63
        aggregated = aggregated.with_columns(
            nw.when(fits).then(nw.col("count")).otherwise(nw.lit(0)).alias("count")
        )
        whole.append("count")  # a sum of floats may be NaN until the requirements were looked at
    # DuckDB adds whole numbers in 128 bits, which other libraries lack.
    aggregated = aggregated.with_columns(nw.col("rows", *whole).cast(nw.Int64))
    groups = collect(aggregated)
    if len(groups["rows"]) == 0:
        raise InputError("the frame is empty: there is nothing to compare")
    total = int(_numbers(groups["rows"], np.int64).sum())
    for argument, (holds, requirement) in _requirements(named, numeric, schema).items():
        n_good = int(_numbers(groups[f"{argument}_good"], np.int64).sum())
        if n_good != total:
            name = named[argument]
            raise InputError(
                f"{argument} must be {requirement}, but {argument}={name!r} holds "
                f"{_offender(rows, argument, holds)} ({total - n_good:,} such rows)"
            )
    if "count_float" in groups and _numbers(groups["count_float"], float).sum() >= 2.0**63:
        raise InputError(TOO_MANY)
    return groups


def _offender(rows: Frame, argument: str, holds: nw.Expr) -> object:
    wrong: Any = rows.filter(~holds | nw.col(argument).is_null()).select(argument).head(1)
    found = np.asarray(collect(wrong)[argument]).tolist()
    return found[0] if found else "null"


def _numbers(column: Any, dtype: type) -> NDArray[Any]:
    return np.ascontiguousarray(np.ma.getdata(np.ma.asarray(column)), dtype)


def _nulls(column: Any, rows: Any) -> int:
    """How many rows have no value in this column of the groups."""
    if isinstance(column, np.ndarray):
        missing = np.ma.getmaskarray(column)
    else:
        missing = nw.from_native(column, series_only=True).is_null().to_numpy()
    return int(_numbers(rows, np.int64)[missing].sum())


def _assemble(
    groups: dict[str, Any],
    named: Mapping[str, str | None],
    numeric: bool,
    outcomes: Outcomes | None,
    soft: bool,
    frame_backend: str | None,
) -> PairCounts:
    backend = resolve(None)
    each = _numbers(groups["rows"], np.int64)
    labels: dict[str, object] = {
        GroupedName(f"{key}={named[key]!r}"): groups[key] for key in ("a", "b")
    }
    items, (first, second) = encode_labels(read_columns(labels), backend, 1)
    sides = Sides(items, first, second)
    scored = _score(groups, named, numeric, outcomes, soft, backend, sides)
    n = each if named["count"] is None else _numbers(groups["count"], np.int64)
    columns: dict[str, Any] = {"a": first, "b": second, "code": scored.code, "n": n}
    weighted = named["weight"] is not None
    for name in ("once", "squared"):
        columns[name] = _numbers(groups[name], np.float64) if weighted else n.astype(np.float64)
    for name, power in (("once", 1), ("squared", 1), ("squared", 2)):
        key = name + "_" + "y" * power
        if numeric:
            columns[key] = _numbers(groups[key], np.float64)
        elif scored.score is not None:
            columns[key] = columns[name] * scored.score**power
    by, group_labels = named["by"], None
    name = GroupedName(f"by={by!r}")
    if by is not None:
        columns["group"] = read_groups(name, groups["by"], len(each))
    items, _, _ = drop_rows(items, columns, scored.keep, backend, 1, each)
    if by is not None:
        columns["group"], group_labels = encode_groups(name, columns["group"], backend, 1)
        check_keys(len(group_labels), len(items))
    group, pairs_first, pairs_second, counts, sums = _merge(columns, len(items))
    ordered = named["outcome"] is not None
    return PairCounts._trusted(
        items,
        pairs_first,
        pairs_second,
        sum_columns(counts, sums, weighted),
        ordered,
        frame_backend,
        group,
        group_labels,
        by,
    )


def _score(
    groups: dict[str, Any],
    named: Mapping[str, str | None],
    numeric: bool,
    outcomes: Outcomes | None,
    soft: bool,
    backend: Backend,
    sides: Sides,
) -> Scored:
    if named["outcome"] is None:
        return Scored(np.full(len(groups["rows"]), WIN, np.uint8), None, None)
    if numeric:
        code = _numbers(groups["code"], np.uint8)
        if soft:
            code[code == code_of(0.5, soft=False)] = FRACTIONAL
        return Scored(code, None, None)
    name = GroupedName(f"outcome={named['outcome']!r}")
    column: Column = read_columns({name: groups["outcome"]})[name]
    return read_outcome_labels(name, column, outcomes, soft, backend, sides)


def _merge(
    columns: Mapping[str, Any], n_items: int
) -> tuple[Array | None, Array, Array, Array, Array]:
    """Add the groups of a pair (several labels may mean one outcome), as `sum_pairs` adds rows."""
    group = columns.get("group")
    if group is None:
        keys, place = number_pairs(columns["a"], columns["b"], n_items)
    else:
        rows = pair_keys(group, columns["a"], columns["b"], n_items)
        keys, place = np.unique(rows, return_inverse=True)
    size = len(keys)
    code = columns["code"]
    n = np.zeros((4, size), np.uint64)
    np.add.at(n, (code, place), columns["n"].astype(np.uint64))
    sums = np.zeros((11, size))
    for name, by_code in (("once", (0, 1, 2, 6)), ("squared", (3, 4, 5, 8))):
        np.add.at(sums, (np.array(by_code)[code], place), columns[name])
    fractional = code == FRACTIONAL
    if fractional.any():
        for row, name in ((7, "once_y"), (9, "squared_y"), (10, "squared_yy")):
            np.add.at(sums[row], place[fractional], columns[name][fractional])
    return *split_pair_keys(keys, n_items, group is not None), n, sums
