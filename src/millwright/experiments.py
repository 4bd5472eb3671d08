"""What an experiment says of its variants, from counts and sums: which differences are more than chance.

The formulas are those of gbstats, the statistics of GrowthBook, which itself cannot be installed beside dbt's numpy.
What is undefined, such as a difference of variants without data or an interval without variance, is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from math import exp, fsum, log, sqrt
from typing import Any

import pyarrow as pa
from scipy.stats import chi2, t

# Sequential intervals are narrowest at about so many entities.
SEQUENTIAL_TUNING = 5000
# A variance that is so much smaller than what it is the difference of is rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Sample:
    """How many entities of a variant have a value, and sums of the differences of their values from `center`.

    The center is the same for all variants of an experiment, so that no digits are lost in the squares. Those of the
    covariate, which has a center of its own, are None without one.
    """

    n: int
    center: float | None
    sum_value: float | None
    sum_value_squares: float | None
    sum_covariate: float | None = None
    sum_covariate_squares: float | None = None
    sum_products: float | None = None

    @property
    def mean(self) -> float | None:
        return self.center + self.sum_value / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        return self._variance(self.sum_value_squares, self.sum_value, self.center)

    @property
    def covariate_variance(self) -> float | None:
        return self._variance(self.sum_covariate_squares, self.sum_covariate)

    @property
    def covariance(self) -> float | None:
        return self._moment(self.sum_products, self.sum_value, self.sum_covariate)

    def joined(self, other: "Sample") -> "Sample":
        """Both samples as one; both have values and a covariate."""
        names = [field.name for field in fields(self) if field.name != "center"]
        return Sample(center=self.center, **{name: getattr(self, name) + getattr(other, name) for name in names})

    def _moment(self, products: float, one: float, other: float) -> float | None:
        return (products - one * other / self.n) / (self.n - 1) if self.n > 1 else None

    def _variance(self, squares: float, total: float, center: float = 0) -> float | None:
        variance = self._moment(squares, total, total)
        return None if variance is None else _varied(variance, squares / (self.n - 1), ROUNDING * center**2)


def _varied(variance: float, *minuends: float) -> float:
    return variance if variance > ROUNDING * max(minuends) else 0.0


@dataclass(frozen=True)
class Difference:
    """Treatment minus control, and as a share of the control's mean, with intervals and two-sided p values."""

    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p_value: float | None = None
    relative_difference: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    relative_p_value: float | None = None


def difference(control: Sample, treatment: Sample, alpha: float, method: str) -> Difference:
    """Welch's test, `fixed` or `sequential`."""
    if not (control.n and treatment.n):
        return Difference()
    shift = treatment.mean - control.mean
    return _compared(shift, [control, treatment], [control.variance, treatment.variance], alpha, method)


def cuped_difference(control: Sample, treatment: Sample, alpha: float, method: str) -> Difference:
    """The same of what the covariate does not explain: its regression is taken off, fitted on both samples together."""
    samples = [control, treatment]
    if min(control.n, treatment.n) < 2 or control.sum_covariate is None or treatment.sum_covariate is None:
        return Difference()
    both = control.joined(treatment)
    if not both.covariate_variance or not both.variance:
        return Difference()
    slope = both.covariance / both.covariate_variance
    before = treatment.sum_covariate / treatment.n - control.sum_covariate / control.n
    unexplained = [
        _varied(
            sample.variance + slope**2 * sample.covariate_variance - 2 * slope * sample.covariance,
            sample.variance,
        )
        for sample in samples
    ]
    return _compared(treatment.mean - control.mean - slope * before, samples, unexplained, alpha, method)


def sample_ratio_p_value(observed: Sequence[float], expected: Sequence[float]) -> float | None:
    """The chi-squared test of whether entities are divided as they should be; None without entities or alternatives."""
    places = [(n, n_expected) for n, n_expected in zip(observed, expected, strict=True) if n or n_expected]
    if len(places) < 2 or not sum(observed):
        return None
    if any(n_expected <= 0 for _, n_expected in places):
        return 0.0
    return float(chi2.sf(fsum((n - n_expected) ** 2 / n_expected for n, n_expected in places), len(places) - 1))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p values of tests made together, such that whichever is below alpha, a false one among them is as unlikely."""
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        adjusted[place] = highest
    return adjusted


_KEYS = ("experiment_id", "metric", "variant")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _KEYS]
    + [(prefix + field.name, pa.float64()) for prefix in ("", "cuped_") for field in fields(Difference)]
    + [("adjusted_p_value", pa.float64()), ("sample_ratio_p_value", pa.float64())]
)


def judge(statistics: Iterable[dict[str, Any]]) -> pa.Table:
    """A row per experiment, metric and treatment, of rows as in `mon_experiment_statistics`."""
    rows = []
    ordered = sorted(statistics, key=lambda row: (row["experiment_id"], row["metric"], row["variant"]))
    for _, metric in groupby(ordered, key=lambda row: (row["experiment_id"], row["metric"])):
        rows += _judged_metric(list(metric))
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _judged_metric(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    control = next(row for row in variants if row["is_control"])
    treatments = [row for row in variants if not row["is_control"]]
    settings = control["alpha"], control["method"]
    pairs = [(_sample(control), _sample(treatment)) for treatment in treatments]
    plain = [difference(*pair, *settings) for pair in pairs]
    cuped = [cuped_difference(*pair, *settings) for pair in pairs]
    decisive = [
        one.p_value if other.p_value is None else other.p_value for one, other in zip(plain, cuped, strict=True)
    ]
    ratio = sample_ratio_p_value(
        [row["n_entities"] for row in variants], [row["n_expected_entities"] for row in variants]
    )
    return [
        {name: treatment[name] for name in _KEYS}
        | asdict(one)
        | {f"cuped_{name}": value for name, value in asdict(other).items()}
        | {"adjusted_p_value": p_value, "sample_ratio_p_value": ratio}
        for treatment, one, other, p_value in zip(treatments, plain, cuped, holm(decisive), strict=True)
    ]


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(**{field.name: row[field.name] for field in fields(Sample)})


def _compared(
    shift: float, samples: list[Sample], variances: list[float | None], alpha: float, method: str
) -> Difference:
    control, treatment = samples
    relative = shift / control.mean if control.mean else None
    if None in variances or not any(variances):
        return Difference(difference=shift, relative_difference=relative)
    errors = [variance / sample.n for variance, sample in zip(variances, samples, strict=True)]
    parts = (error**2 / (sample.n - 1) for error, sample in zip(errors, samples, strict=True))
    settings = sum(errors) ** 2 / sum(parts), control.n + treatment.n, alpha, method
    found = _tested(shift, sum(errors), *settings)
    if relative is None:
        return Difference(shift, *found)
    # By the delta method, of a quotient of independent means.
    relative_error = errors[1] / control.mean**2 + errors[0] * treatment.mean**2 / control.mean**4
    return Difference(shift, *found, relative, *_tested(relative, relative_error, *settings))


def _tested(
    estimate: float, squared_error: float, degrees: float, n: int, alpha: float, method: str
) -> tuple[float, float, float]:
    """Both ends of the interval, and the p value."""
    if method == "fixed":
        width = t.ppf(1 - alpha / 2, degrees) * sqrt(squared_error)
        p_value = 2 * t.sf(abs(estimate) / sqrt(squared_error), degrees)
    else:
        # Waudby-Smith and others, Time-uniform central limit theory and asymptotic confidence sequences (2023):
        # equations 9, 155 and 161.
        rho_squared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / SEQUENTIAL_TUNING
        scale = n * rho_squared + 1
        width = sqrt(squared_error * n) * sqrt(2 * scale * log(sqrt(scale) / alpha) / (n**2 * rho_squared))
        log_evidence = rho_squared * estimate**2 * n / squared_error / (2 * scale) - log(scale) / 2
        p_value = exp(-max(log_evidence, 0))
    return float(estimate - width), float(estimate + width), float(p_value)
