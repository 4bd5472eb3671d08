"""Writes data/gbstats.json: what gbstats, the statistics of GrowthBook, says of made-up and published samples.

gbstats wants numpy below 2, which this project's environment is not. In `python_tests`:

    uv run --no-project --python 3.11 --with gbstats==0.8.0 python -m support.gbstats_reference
"""

import json
from pathlib import Path

import numpy as np

RECORDED = Path(__file__).parents[1] / "data" / "gbstats.json"
# Of gbstats' own documentation and tests: n, sum, sum of squares of two variants.
PUBLISHED = [(3407, 1396.87, 52377.9767), (3461, 2422.7, 134698.29)]
COUNTS = [([1000, 1200], [0.5, 0.5]), ([500, 500, 100], [0.34, 0.33, 0.33]), ([310, 98, 101], [0.6, 0.2, 0.2])]


def sums(values: np.ndarray, covariates: np.ndarray) -> dict[str, float]:
    return {
        "n": len(values),
        "sum_value": float(values.sum()),
        "sum_value_squares": float((values**2).sum()),
        "sum_covariate": float(covariates.sum()),
        "sum_covariate_squares": float((covariates**2).sum()),
        "sum_products": float((values * covariates).sum()),
    }


def pairs() -> list[list[dict[str, float]]]:
    """Sums of a control and a treatment each: small and large, equal and not, skewed, zeros and ones."""
    random = np.random.default_rng(20)
    made = []
    for number in range(30):
        pair = []
        for side in range(2):
            n = int(random.integers(2, 10 ** random.integers(1, 5) + 2))
            covariates = random.gamma(2, 3, n)
            noise = random.normal(5 + side * random.normal(0, 0.3), random.uniform(0.5, 4), n)
            values = noise + (number % 4) * 0.4 * covariates
            if number % 5 == 0:
                values = (values > 6).astype(float)
                values[:2] = 0, 1
            pair.append(sums(values, covariates))
        made.append(pair)
    return made


def main() -> None:
    from gbstats.frequentist.tests import (
        FrequentistConfig,
        SequentialConfig,
        SequentialTwoSidedTTest,
        TwoSidedTTest,
    )
    from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic
    from gbstats.utils import check_srm

    def said(pair: list, alpha: float) -> dict[str, dict[str, float]]:
        results = {}
        for method, test, config in (
            ("fixed", TwoSidedTTest, FrequentistConfig),
            ("sequential", SequentialTwoSidedTTest, SequentialConfig),
        ):
            for kind in ("absolute", "relative"):
                result = test(*pair(), config(alpha=alpha, difference_type=kind)).compute_result()
                assert result.error_message is None
                numbers = (result.expected, *result.ci, result.p_value)
                results[f"{method} {kind}"] = [float(number) for number in numbers]
        return results

    def mean(side: dict[str, float], what: str) -> SampleMeanStatistic:
        return SampleMeanStatistic(n=side["n"], sum=side[f"sum_{what}"], sum_squares=side[f"sum_{what}_squares"])

    def adjusted(side: dict[str, float]) -> RegressionAdjustedStatistic:
        return RegressionAdjustedStatistic(
            n=side["n"],
            post_statistic=mean(side, "value"),
            pre_statistic=mean(side, "covariate"),
            post_pre_sum_of_products=side["sum_products"],
            theta=0,
        )

    published = [dict(zip(("n", "sum_value", "sum_value_squares"), side, strict=True)) for side in PUBLISHED]
    cases = []
    for number, pair in enumerate([published, *pairs()]):
        alpha = (0.05, 0.01, 0.2)[number % 3]
        case = {"alpha": alpha, "samples": pair, "plain": said(lambda p=pair: [mean(s, "value") for s in p], alpha)}
        if number:
            case["cuped"] = said(lambda p=pair: [adjusted(side) for side in p], alpha)
        cases.append(case)
    ratios = [{"observed": n, "shares": shares, "p_value": float(check_srm(n, shares))} for n, shares in COUNTS]
    RECORDED.write_text(
        json.dumps({"differences": cases, "sample_ratios": ratios}, indent=None, separators=(",", ":")) + "\n"
    )


if __name__ == "__main__":
    main()
