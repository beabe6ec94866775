"""The columns that accompany comparisons, checked: counts, weights, numbers, flags and groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .columns import Array, Coded, check_length, null_error, read_column
from .errors import InputError

Floats = NDArray[np.float64]


def read_numbers(name: str, values: object, rows: int) -> Floats:
    """A column of finite numbers."""
    numbers = _as_floats(name, values, rows)
    _refuse(name, "finite", numbers, ~np.isfinite(numbers))
    return numbers


# Sums of squared weights must stay finite.
LARGEST_WEIGHT = 1e100


def read_weight(name: str, values: object, rows: int) -> Floats:
    """A column of finite numbers that are not negative."""
    numbers = _as_floats(name, values, rows)
    # One comparison a bound: NaN fails both.
    _refuse(name, "finite and non-negative", numbers, ~((numbers >= 0) & (numbers < np.inf)))
    if numbers.max(initial=0.0) > LARGEST_WEIGHT:
        _refuse(name, f"at most {LARGEST_WEIGHT:g}", numbers, numbers > LARGEST_WEIGHT)
    return numbers


def read_count(name: str, values: object, rows: int) -> NDArray[np.int64]:
    """A column of whole numbers that are not negative; floats may hold them."""
    column = read_column(name, values)
    check_length(name, len(column), "a", rows)
    requirement = "whole and non-negative"
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        wide = column.dtype == np.uint64
        _refuse(name, requirement, column, column > np.uint64(2**63 - 1) if wide else column < 0)
        counts = np.ascontiguousarray(column, np.int64)
    else:
        numbers = _as_floats(name, column, rows)
        with np.errstate(invalid="ignore"):  # inf - inf
            whole = (numbers >= 0) & (numbers < 2.0**63) & (numbers == np.rint(numbers))
        _refuse(name, requirement, numbers, ~whole)
        counts = numbers.astype(np.int64)
    if rows and int(counts.max()) * rows >= 2**63 and sum(counts.tolist()) >= 2**63:
        raise InputError(f"the sum of {name} must fit into 64 bits")
    return counts


def read_flags(name: str, values: object, rows: int) -> NDArray[np.bool_]:
    """A column of bools, or of 0 and 1."""
    column = read_column(name, values)
    check_length(name, len(column), "a", rows)
    if isinstance(column, np.ndarray) and column.dtype == bool:
        return np.ascontiguousarray(column)
    numbers = _as_floats(name, column, rows)
    _refuse(name, "true or false", numbers, (numbers != 0) & (numbers != 1))
    return np.asarray(numbers == 1)


def read_features(name: str, values: object, rows: int) -> Floats:
    """Finite numbers of shape (rows, features)."""
    to_numpy = getattr(values, "to_numpy", None)
    try:
        raw = np.asarray(to_numpy() if to_numpy else values)
        if raw.dtype.kind not in "biufO":  # complex numbers and dates would be converted
            raise TypeError(f"their dtype is {raw.dtype}")
        matrix = np.array(raw, np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers of shape (rows, features): {error}") from error
    if matrix.ndim == 1:
        matrix = matrix[:, np.newaxis]
    if matrix.ndim != 2:
        raise InputError(f"{name} must have shape (rows, features), but has shape {matrix.shape}")
    check_length(name, len(matrix), "a", rows)
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        row, feature = bad[0].tolist()
        raise InputError(
            f"{name} must be finite, but {name}[{row}, {feature}] is {matrix[row, feature]}"
        )
    return matrix


def read_groups(name: str, values: object, rows: int) -> Array:
    """A column of labels, numbers or times without nulls, as it is (labels as objects)."""
    column = read_column(name, values)
    check_length(name, len(column), "a", rows)
    if isinstance(column, Coded):
        out = np.empty(rows, object)
        begin = 0
        for codes, labels in column.pieces:
            known = np.empty(len(labels), object)
            known[:] = labels
            out[begin : begin + len(codes)] = known[codes]
            begin += len(codes)
        return out
    if column.dtype.kind == "f":
        _refuse(name, "finite", column, ~np.isfinite(column))
    elif column.dtype.kind in "mM":
        missing = np.isnat(column)
        if missing.any():
            raise null_error(name, int(missing.argmax()))
    elif column.dtype == object:
        # NaN and NaT are the values that differ from themselves.
        for row, value in enumerate(column):
            if value is None or str(value) == "<NA>" or value != value:
                raise null_error(name, row)
    return np.ascontiguousarray(column)


def _as_floats(name: str, values: object, rows: int) -> Floats:
    column = values if isinstance(values, (np.ndarray, Coded)) else read_column(name, values)
    check_length(name, len(column), "a", rows)
    if isinstance(column, Coded):
        codes, labels = next(piece for piece in column.pieces if len(piece[0]))
        raise InputError(f"{name} must be numbers, but {name}[0] is {labels[codes[0]]!r}")
    if column.ndim != 1:
        raise InputError(f"{name} must be one-dimensional, but has shape {column.shape}")
    if column.dtype == object:
        for row, value in enumerate(column):
            if isinstance(value, (str, bytes)):
                raise InputError(f"{name} must be numbers, but {name}[{row}] is {value!r}")
        try:
            return column.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} must be numbers: {error}") from error
    if column.dtype.kind not in "biuf":
        raise InputError(f"{name} must be numbers, but has dtype {column.dtype}")
    return np.ascontiguousarray(column, np.float64)


def _refuse(name: str, requirement: str, values: Array, bad: NDArray[np.bool_]) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise InputError(f"{name} must be {requirement}, but {name}[{row}] is {values[row]}")
