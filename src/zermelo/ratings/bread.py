"""From information and meat to the covariance of parameters as they are reported."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._backends import Backend
from .._backends.covariance import dense_covariance
from ..errors import InputError

Real = NDArray[np.float64]

# Beyond this a BLAS is faster than our own factorisation, however it shares the cores.
OWN_DENSE_BELOW = 1024


def reported_covariance(
    information: Real,
    meat: Real | None,
    groups: NDArray[np.int32],
    floating: bool,
    backend: Backend,
    threads: int,
) -> Real:
    """The inverse information, or the sandwich around a meat, of centred parameters.

    Parameters of one of the `groups` are reported less the group's mean (-1: as they are); where
    they are `floating` the data say nothing of that mean, and the information is singular along
    it. `information` is overwritten.
    """
    labels = np.unique(groups[groups >= 0])
    if floating:
        # Regular along each group's constant vector, where the score has no component.
        for group in labels:
            members = np.flatnonzero(groups == group)
            share = np.trace(information[np.ix_(members, members)]) / len(members) ** 2
            information[np.ix_(members, members)] += share or 1.0
    own = len(information) <= OWN_DENSE_BELOW
    solve = backend.dense_covariance if own else dense_covariance
    filling = None if meat is None else np.ascontiguousarray(meat)
    result = solve(np.ascontiguousarray(information), filling, threads)
    if result is None:
        raise InputError(
            "the information matrix is singular: some abilities, or other parameters, are hardly "
            "determined by the data. A prior, or a ridge on coefficients, would help"
        )
    for group in labels:
        members = groups == group
        result[members] -= result[members].mean(axis=0)
        result[:, members] -= result[:, members].mean(axis=1, keepdims=True)
    return np.asarray(0.5 * (result + result.T))
