"""Bradley-Terry: fitting abilities to comparisons."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .._backends import resolve
from .._backends.threads import resolve_threads
from ..checks import choice, flag, non_negative, positive, shortened, whole
from ..comparisons import Comparisons
from ..errors import ConvergenceWarning, InputError
from ..pair_counts import PairCounts
from .bias_reduction import check_bias_reduced, fit_bias_reduced
from .bradley_terry_fit import BradleyTerryFit
from .cells import Cells, cells_of_counts
from .existence import ComponentRule
from .graph import Graph, Ties
from .joint import (
    Covariates,
    Request,
    check_features,
    fit_joint,
    make_extras,
    read_cells,
)
from .joint_fit import Extras, JointFit
from .losses import LOSSES, Loss, with_loss
from .model import Model, alone_in
from .plan import make_plan
from .result import RatingResult, label_of
from .reweighting import reweighted
from .start import given_abilities, start_abilities

TieRule = Literal["half", "davidson", "rao-kupper", "drop"]
TIE_RULES = ("half", "davidson", "rao-kupper", "drop")
Solver = Literal["auto", "mm", "newman", "newton"]
SOLVERS = {"mm": "bt_minorise", "newman": "bt_newman", "newton": "bt_newton"}
COMPONENT_RULES = ("error", "largest", "separate")

# Newton's equations of at most this many items are factored; beyond, conjugate gradients win.
DENSE_BELOW = 512
MOST_ITERATIONS = 2**62


def bradley_terry(
    data: Comparisons | PairCounts,
    *,
    ties: TieRule = "half",
    position_effect: bool = False,
    covariates: bool | Literal["standardize"] | Sequence[str] | None = None,
    ridge: float = 0.0,
    prior: float = 0.0,
    fixed: Mapping[Any, float] | None = None,
    reweight: Literal["pair"] | None = None,
    min_count: int = 50,
    loss: Loss = "plain",
    bias_reduced: bool = False,
    components: ComponentRule = "error",
    solver: Solver = "auto",
    tol: float = 1e-8,
    max_iter: int = 10_000,
    start: RatingResult | Mapping[Any, float] | None = None,
    threads: int | None = None,
    backend: str | None = None,
) -> BradleyTerryFit:
    """Abilities by maximum likelihood: P(i beats j) = 1 / (1 + exp(ability_j - ability_i)).

    Parameters
    ----------
    data : Comparisons or PairCounts
        What was compared.
    ties : {"half", "davidson", "rao-kupper", "drop"}, default "half"
        Count a tie as half a win for both, model it as an outcome of its own, or leave it out.
        With half wins the log-likelihood is a quasi-likelihood: use sandwich standard errors,
        which do not rely on it. Davidson's model gives a tie the odds nu against the geometric
        mean of both wins, Rao and Kupper's a threshold theta that a win must exceed. Abilities of
        different tie models do not compare: with 37% ties those with half ties are about 0.6 of
        Davidson's.
    position_effect : bool, default False
        Estimate how many log-odds the item shown first (at home) gains. Neutral rows take no part.
    covariates : bool, "standardize", or sequence of str, optional
        Use the features of `Comparisons`, or those of the names: coefficients say how many log-odds
        a unit gains.
        "standardize" divides each by its root mean square for the fit, which matters to `ridge`
        only; coefficients are reported in the features' own units.
    ridge : float, default 0
        The log-likelihood, which is a sum over comparisons, loses ridge / 2 times the sum of the
        squared coefficients (of position and features). A penalty r on the mean loss, as in
        arena-rank (whose default is 1.0, on coefficients only), is ridge = r times the number of
        rows, for features less their mean over their standard deviation, and weights of mean 1.
    prior : float, default 0
        Games that each item plays against a virtual item of ability 0, half won and half lost.
        Any positive prior makes the maximum exist.
    fixed : dict of item to ability, optional
        Abilities that are held. All others are then estimated, and reported, on their scale.
    reweight : {"pair"}, optional
        Every comparison weighs 1 / max(comparisons of its pair, `min_count`), so that pairs that
        met more often do not count for more. Refused with row-by-row covariates.
    min_count : int, default 50
        See `reweight`.
    loss : {"plain", "margin", "scaled"}, default "plain"
        What to make of the margins m of `Comparisons`, with d the winner's log-odds: nothing, the
        loss being -log s(d); "scaled", m times that, where m is an importance as a weight is (a
        tie of margin 0 then counts nothing); or "margin", -log s(d - m), so that the winner should
        lead by more than m. There a tie is two halves without a margin, `predict` and the ratings
        leave the margin out, and `log_likelihood` is minus the loss, which the sandwich takes as
        it is. Not for PairCounts, "margin" neither for tie models nor fractional outcomes.
    bias_reduced : bool, default False
        Maximise the likelihood times the root of the information's determinant (Jeffreys' prior),
        which takes the leading term out of the bias and is finite for separated data, as with an
        undefeated item, as long as all items met, if only through others. For at most 3,000 items
        (which take half a minute), without tie models, `prior` and `ridge`. A weight w enters as w
        comparisons would, in the information as in the likelihood. Covariances are those of the
        likelihood at the estimate.
    components : {"error", "largest", "separate"}, default "error"
        What to do where the maximum does not exist, because some items never lost to the rest (or
        were never compared with it): raise; rate the largest component and list the other items in
        `unrated` (with `fixed`, the component that it belongs to); or rate each component on its
        own scale.
    solver : {"auto", "newton", "mm", "newman"}, default "auto"
        Newton's method (auto takes it), the minorisation-maximisation of Zermelo (1929) and Hunter
        (2004), or the fixed point of Newman (2023). With a tie model, a position effect or
        covariates only Newton's.
    tol : float, default 1e-8
        Wanted error of the abilities: the largest component of the last Newton step.
    max_iter : int, default 10,000
        Iterations of the solver.
    start : a fit, or dict of item to ability, optional
        Abilities to start from; items that it does not rate start from the default, each item's
        own log-odds.
    threads : int, optional
        Threads; None: what affinity and the control group's quota allow, one for small data.
        The result is the same to the last bit for any number.
    backend : {"cpp", "numba"}, optional
        None: ``ZERMELO_BACKEND``, else the fastest there is.

    Returns
    -------
    BradleyTerryFit
        With a tie model, a position effect, covariates or offsets a `JointFit`, which has them too.

    Raises
    ------
    InputError
        An argument cannot be used.
    SeparationError, DisconnectedError
        The maximum does not exist and `components` is "error".

    Warns
    -----
    ConvergenceWarning
        The abilities are not known to `tol`.

    References
    ----------
    Zermelo 1929, Math. Z. 29:436. Bradley and Terry 1952, Biometrika 39:324. Ford 1957, Amer.
    Math. Monthly 64:28. Hunter 2004, Ann. Statist. 32:384. Newman 2023, JMLR 24:238. Davidson
    1970, JASA 65:317. Rao and Kupper 1967, JASA 62:194. Firth 1993, Biometrika 80:27. Kosmidis and
    Firth 2021, Biometrika 108:71. Wang et al. 2024, arXiv:2410.01257 (losses).

    Examples
    --------
    The worked example of the Wikipedia article on the model:

    >>> import zermelo as zm
    >>> winner = ["A", "B", "A", "D", "B", "C", "C", "D"]
    >>> loser = ["B", "A", "D", "A", "C", "B", "D", "C"]
    >>> games = zm.Comparisons(winner, loser, count=[2, 3, 1, 4, 5, 3, 1, 3])
    >>> fit = zm.bradley_terry(games)
    >>> fit
    BradleyTerryFit(4 items, 22 comparisons, newton converged in 5 iterations)
    >>> fit.to_frame("pandas")[["item", "rank", "rating"]].round(1)
      item  rank  rating
    0    D     1  1142.4
    1    B     2  1007.4
    2    C     3   927.8
    3    A     4   922.4
    """
    choice("ties", ties, TIE_RULES)
    request = Request(
        ties,
        flag("position_effect", position_effect),
        _covariates(covariates),
        non_negative("ridge", ridge),
    )
    if request.ridge > 0 and not (request.position or request.covariates):
        raise InputError(
            f"ridge={ridge!r} holds coefficients, but there are none without position_effect or "
            "covariates; prior= holds abilities"
        )
    choice("loss", loss, LOSSES)
    data = with_loss(data, loss, ties)
    counts = _reweighted(_counts(data, threads, backend), data, reweight, min_count, request)
    choice("components", components, COMPONENT_RULES)
    choice("solver", solver, ("auto", *SOLVERS))
    prior = non_negative("prior", prior)
    tol = positive("tol", tol)
    max_iter = min(whole("max_iter", max_iter, 1, "a positive whole number"), MOST_ITERATIONS)
    if flag("bias_reduced", bias_reduced):
        check_bias_reduced(request, prior, loss, solver, counts.n_items)
    engine = resolve(backend)
    used_threads = resolve_threads(threads, len(counts))
    held, known = given_abilities("fixed", fixed, counts.items)

    joint = request.is_joint(data)
    cells: Cells | None = None
    names: tuple[str, ...] = ()
    divisor = np.empty(0)
    if joint:
        cells, names, divisor = read_cells(data, counts, request, merge=loss == "margin")
    elif bias_reduced:
        cells = cells_of_counts(counts, ties, False)
    if joint and solver not in ("auto", "newton"):
        raise InputError(
            f"solver={solver!r} fits abilities alone; with a tie model, a position effect, "
            "covariates or offsets use 'newton'"
        )
    # A tie joins two items in both directions, in every tie model.
    share: Ties = "drop" if ties == "drop" else "half"
    graph = Graph.build(counts, share, engine, used_threads)
    plan = make_plan(
        counts.items,
        graph,
        held,
        prior,
        components,
        _uncounted(counts, share),
        engine,
        bias_reduced=bias_reduced,
    )
    level = float(known[held].mean()) if held.any() else 0.0
    begin = start_abilities(start, counts.items, plan.graph, level, engine, used_threads)
    begin[held] = known[held]
    idle = ~plan.rated | (alone_in(plan.component) & ~held)
    begin[idle] = 0.0
    name = "firth" if bias_reduced else "newton" if solver == "auto" else solver
    stays = held | idle

    def model_of(ability: NDArray[np.float64]) -> Model:
        ability[~plan.rated] = np.nan
        return Model(
            share, prior, ability, held, plan.component, plan.floating, engine, used_threads
        )

    extras: Extras | None = None
    if cells is not None:
        inside = plan.component[cells.first] == plan.component[cells.second]
        inside &= ~(idle[cells.first] | idle[cells.second])
        cells = cells if inside.all() else cells.take(np.flatnonzero(inside))
        if request.ridge == 0:
            check_features(cells, names, request.position, counts.n_items, engine, used_threads)
    if cells is not None and bias_reduced:
        ability, coefficients, n_iter, ability_error, score_norm, converged = fit_bias_reduced(
            cells,
            start=begin,
            held=stays,
            floating=plan.floating,
            level=level,
            tol=tol,
            max_iter=max_iter,
        )
        if joint:
            extras = make_extras(
                cells,
                names,
                divisor,
                request,
                by_pair=not request.reads_rows(data),
                coefficients=coefficients,
                log_tie=0.0,
            )
    elif cells is not None:
        ability, extras, n_iter, ability_error, score_norm, converged = fit_joint(
            cells,
            names,
            divisor,
            request,
            items=counts.items,
            by_pair=not request.reads_rows(data),
            graph=plan.graph,
            start=begin,
            given=start is not None,
            held=stays,
            floating=plan.floating,
            prior=prior,
            tol=tol,
            max_iter=max_iter,
            dense_below=DENSE_BELOW,
            engine=engine,
            threads=used_threads,
        )
    else:
        ability, n_iter, ability_error, score_norm, converged = getattr(engine, SOLVERS[name])(
            *plan.graph.arrays,
            begin,
            stays.astype(np.uint8),
            plan.floating,
            int(plan.floating.max(initial=-1)) + 1,
            prior,
            tol,
            max_iter,
            DENSE_BELOW,
            used_threads,
        )
    if not converged:
        _warn_not_converged(name, n_iter, ability_error, tol, max_iter)
    model = model_of(ability)
    fields: dict[str, Any] = {
        "model": model,
        "counts": counts,
        "source": data,
        "graph": plan.graph,
        "unrated": plan.unrated,
        "solver": name,
        "converged": bool(converged),
        "n_iter": int(n_iter),
        "ability_error": float(ability_error),
        "score_norm": float(score_norm),
        "frame_backend": counts.frame_backend,
        "options": {
            "ties": ties,
            "position_effect": request.position,
            "covariates": request.covariates,
            "ridge": request.ridge,
            "prior": prior,
            "fixed": {label_of(item): float(value) for item, value in fixed.items()}
            if fixed is not None
            else None,
            "reweight": reweight,
            "min_count": min_count,
            "loss": loss,
            "bias_reduced": bool(bias_reduced),
            "components": components,
            "solver": solver,
            "tol": tol,
            "max_iter": max_iter,
            "threads": threads,
            "backend": backend,
        },
    }
    if extras is not None:
        return JointFit(counts.items, model.reported(), extras=extras, **fields)
    return BradleyTerryFit(counts.items, model.reported(), **fields)


def _covariates(value: object) -> Covariates:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and value == "standardize":
        return "standardize"
    names = list(value) if isinstance(value, (list, tuple)) else []
    if names and all(isinstance(name, str) for name in names):
        return tuple(names)
    raise InputError(
        f"covariates must be True, False, None or 'standardize', or a list of features' names, but "
        f"is {shortened(value)}; the features themselves belong to Comparisons(features=...)"
    )


def _reweighted(
    counts: PairCounts, data: object, reweight: object, min_count: int, request: Request
) -> PairCounts:
    if reweight is None:
        return counts
    if reweight != "pair":
        raise InputError(f"reweight must be None or 'pair', but is {reweight!r}")
    if request.reads_rows(data):
        raise InputError(
            "reweight='pair' works on counts by pair, which covariates, offsets and neutral rows "
            "do not have; give each row its weight instead: Comparisons(weight=...)"
        )
    return reweighted(counts, whole("min_count", min_count, 1, "a positive whole number"))


def _uncounted(counts: PairCounts, ties: Ties) -> str:
    """Which comparisons say nothing about who is better, for messages."""
    parts = ["ties are dropped"] if ties == "drop" and counts.has_ties else []
    parts += ["those of weight 0 do not count"] if counts.weighted else []
    return f" ({', and '.join(parts)})" if parts else ""


def _counts(data: object, threads: int | None, backend: str | None) -> PairCounts:
    if not isinstance(data, (Comparisons, PairCounts)):
        raise InputError(f"data must be Comparisons or PairCounts, but is {type(data).__name__}")
    if data.n_items < 2:
        raise InputError(f"data has {data.n_items} items, but a rating needs at least two")
    if isinstance(data, Comparisons):
        return data.pair_counts(threads=threads, backend=backend)
    return data.merged()  # groups share their items' abilities


def _warn_not_converged(solver: str, n_iter: int, error: float, tol: float, max_iter: int) -> None:
    helps = (
        "raise max_iter, or use solver='newton'"
        if solver not in ("newton", "firth")
        else "raise max_iter"
        if n_iter >= max_iter
        else "rounding allows no better; raise tol"
    )
    warnings.warn(
        f"Bradley-Terry did not converge after {n_iter} iterations (ability error {error:.1e} > "
        f"tol {tol:.1e}); {helps}",
        ConvergenceWarning,
        stacklevel=3,
    )
