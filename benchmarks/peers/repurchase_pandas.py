"""From raw purchases to the metrics of the model `repurchase`, written by hand for one machine's memory.

    python -m benchmarks.peers.repurchase_pandas WAREHOUSE METRICS

Reads `raw_shop.purchases` of the DuckDB file WAREHOUSE and writes the CSV file METRICS with the columns and values of
the mart `eval_metrics`. It keeps no tables in between, no history of runs and no tests: it is the least that the job
takes with pandas and scikit-learn, and it is wrong as soon as the project's definitions change.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, confusion_matrix, log_loss, precision_recall_curve, roc_auc_score
from sklearn.preprocessing import StandardScaler

AS_OF = pd.Timestamp("1998-07-01")
HISTORY_STARTS_ON = pd.Timestamp("1997-01-01")
HORIZON = pd.Timedelta(days=90)
MATURITY = pd.Timedelta(days=97)
MIN_SNAPSHOTS = 3
TRAIN_SHARE, VALID_SHARE = 0.7, 0.15
SPLITS = ("train", "valid", "test")
FEATURES = [
    "recency_days",
    "tenure_days",
    "n_purchase_days_90d",
    "amount_90d",
    "amount_per_purchase_day",
    "log_recency_days",
    "log_n_purchase_days",
    "log_amount_total",
]


@dataclass
class Examples:
    """One row per customer and snapshot, column by column, in the order of the snapshots."""

    snapshot_at: np.ndarray
    split: np.ndarray
    first_known_at: np.ndarray
    features: np.ndarray


def read_purchases(warehouse: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """The valid purchases, once each, and the customers' ids; column `customer` is a position in these."""
    with duckdb.connect(warehouse, read_only=True) as duck:
        raw = duck.execute(
            "select line_number, account_number, purchased_on, quantity, amount, loaded_at "
            "from raw_shop.purchases where loaded_at <= ?",
            [AS_OF.to_pydatetime()],
        ).df()
    account = raw["account_number"].str.strip()
    customer, accounts = pd.factorize(account)
    purchases = pd.DataFrame(
        {
            "line_number": _number(raw["line_number"], r"-?[0-9]+"),
            "customer": customer,
            "event_at": _date(raw["purchased_on"]),
            "known_at": raw["loaded_at"],
            "quantity": _number(raw["quantity"], r"-?[0-9]+"),
            "cents": (_number(raw["amount"], r"-?[0-9]+([.][0-9]+)?") * 100).round(),
        }
    )
    is_valid = (
        purchases["line_number"].notna()
        & (account.fillna("") != "")
        & (purchases["event_at"] <= purchases["known_at"])
        & (purchases["quantity"] >= 0)
        & (purchases["cents"] >= 0)
    )
    purchases = purchases[is_valid].sort_values(["line_number", "known_at"]).drop_duplicates("line_number")
    purchases["cents"] = purchases["cents"].astype("int64")
    return purchases[["customer", "event_at", "known_at", "cents"]], "shop-" + accounts.to_numpy(dtype=object)


def _number(text: pd.Series, form: str) -> pd.Series:
    return pd.to_numeric(text.where(text.str.fullmatch(form).fillna(False)), errors="coerce")


def _date(text: pd.Series) -> pd.Series:
    is_iso = text.str.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}").fillna(False)
    return pd.to_datetime(text.where(is_iso), format="%Y-%m-%d", errors="coerce")


def split_customers(customers: np.ndarray) -> np.ndarray:
    """The split of each customer, as a position in SPLITS, by salted hash."""
    fractions = np.fromiter(
        (int(hashlib.md5(f"repurchase:{customer}".encode()).hexdigest()[:8], 16) / 2**32 for customer in customers),
        dtype=float,
        count=len(customers),
    )
    return np.searchsorted([TRAIN_SHARE, TRAIN_SHARE + VALID_SHARE], fractions, side="right").astype("int8")


def features_at(snapshot: pd.Timestamp, purchases: pd.DataFrame) -> pd.DataFrame:
    """Features by customer, from what was true before the snapshot and known by then."""
    visible = purchases[(purchases["event_at"] < snapshot) & (purchases["known_at"] <= snapshot)]
    days = visible.groupby(["customer", "event_at"], as_index=False)["cents"].sum()
    is_recent = days["event_at"] >= snapshot - HORIZON
    days["is_recent"] = is_recent
    days["recent_cents"] = days["cents"].where(is_recent, 0)
    by_customer = days.groupby("customer").agg(
        first_at=("event_at", "min"),
        last_at=("event_at", "max"),
        n_purchase_days=("cents", "size"),
        n_purchase_days_90d=("is_recent", "sum"),
        cents=("cents", "sum"),
        recent_cents=("recent_cents", "sum"),
    )
    features = pd.DataFrame(index=by_customer.index)
    features["recency_days"] = (snapshot - by_customer["last_at"]).dt.days
    features["tenure_days"] = (snapshot - by_customer["first_at"]).dt.days
    features["n_purchase_days_90d"] = by_customer["n_purchase_days_90d"]
    features["amount_90d"] = by_customer["recent_cents"] / 100
    features["amount_per_purchase_day"] = by_customer["cents"] / 100 / by_customer["n_purchase_days"]
    features["log_recency_days"] = np.log(1.0 + features["recency_days"])
    features["log_n_purchase_days"] = np.log(by_customer["n_purchase_days"])
    features["log_amount_total"] = np.log(1 + by_customer["cents"] / 100)
    return features[FEATURES].astype(float)


def first_known_repurchases(snapshot: pd.Timestamp, purchases: pd.DataFrame) -> pd.Series:
    """When each customer's first purchase within the horizon became known."""
    in_horizon = (purchases["event_at"] >= snapshot) & (purchases["event_at"] < snapshot + HORIZON)
    return purchases[in_horizon].groupby("customer")["known_at"].min()


def build_examples(purchases: pd.DataFrame, splits: np.ndarray) -> Examples:
    """The features of all snapshots, with what decides their labels."""
    snapshots, split, first_known_at, features = [], [], [], []
    for snapshot in pd.date_range(HISTORY_STARTS_ON, AS_OF, freq="MS"):
        frame = features_at(snapshot, purchases)
        snapshots.append(np.full(len(frame), snapshot.to_datetime64()))
        split.append(splits[frame.index])
        first_known_at.append(first_known_repurchases(snapshot, purchases).reindex(frame.index).to_numpy())
        features.append(frame.to_numpy())
    return Examples(*(np.concatenate(parts) for parts in (snapshots, split, first_known_at, features)))


@dataclass
class Version:
    """A fitted standardised logistic regression with its decision threshold."""

    scaler: StandardScaler
    regression: LogisticRegression
    threshold: float

    def score(self, features: np.ndarray) -> np.ndarray:
        """Probabilities, added up feature by feature so that equal rows get equal scores."""
        logit = np.full(len(features), self.regression.intercept_[0])
        for position, coefficient in enumerate(self.regression.coef_[0]):
            logit += coefficient * (features[:, position] - self.scaler.mean_[position]) / self.scaler.scale_[position]
        return 1 / (1 + np.exp(-logit))


def fit_version(trained_at: pd.Timestamp, examples: Examples) -> Version:
    """Fits on the examples whose label was known at `trained_at`; the validation customers choose the threshold."""
    end = np.searchsorted(examples.snapshot_at, (trained_at - MATURITY).to_datetime64(), side="right")
    is_train, is_valid = (examples.split[:end] == SPLITS.index(name) for name in ("train", "valid"))
    is_positive = examples.first_known_at[:end] <= trained_at.to_datetime64()

    train, valid = examples.features[:end][is_train], examples.features[:end][is_valid]
    scaler = StandardScaler().fit(train)
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    regression.fit(scaler.transform(train), is_positive[is_train])
    scores = regression.predict_proba(scaler.transform(valid))[:, 1]
    return Version(scaler, regression, best_threshold(is_positive[is_valid], scores))


def best_threshold(is_positive: np.ndarray, scores: np.ndarray) -> float:
    """The threshold with the best F1 when scores from it on are positive, midway between two scores."""
    precision, recall, thresholds = precision_recall_curve(is_positive, scores)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], np.finfo(float).tiny)
    best = len(f1) - 1 - np.argmax(f1[::-1])
    return float(thresholds[max(best - 1, 0)] + thresholds[best]) / 2


def predict(examples: Examples) -> pd.DataFrame:
    """One row per customer and snapshot from the first version on, scored by the version in force."""
    snapshots = pd.DatetimeIndex(np.unique(examples.snapshot_at))
    versions = [at for at in snapshots if (snapshots + MATURITY <= at).sum() >= MIN_SNAPSHOTS]
    predictions = []
    for trained_at in versions:
        version = fit_version(trained_at, examples)
        rows = slice(*np.searchsorted(examples.snapshot_at, [trained_at, trained_at + pd.offsets.MonthBegin()]))
        scores = version.score(examples.features[rows])
        predictions.append(
            pd.DataFrame(
                {
                    "model_version": f"{trained_at.year}.{trained_at.month}.0",
                    "month_starts_on": trained_at,
                    "split": examples.split[rows],
                    "score": scores,
                    "is_predicted": scores >= version.threshold,
                    "has_outcome": trained_at + MATURITY <= AS_OF,
                    "is_actual": examples.first_known_at[rows] <= AS_OF.to_datetime64(),
                }
            )
        )
    return pd.concat(predictions, ignore_index=True)


def evaluate(predictions: pd.DataFrame) -> pd.DataFrame:
    """The mart's rows: version, grain, period, segment, metric, value, n."""
    rows = []
    for grain, keys in (("month", ["model_version", "month_starts_on"]), ("all", ["model_version"])):
        for (model_version, *_), group in predictions.groupby(keys):
            segments = {"all": group} | {f"split={SPLITS[split]}": members for split, members in group.groupby("split")}
            for segment, members in segments.items():
                period_start_at = HISTORY_STARTS_ON if grain == "all" else members["month_starts_on"].min()
                for metric, (value, n) in metrics_of(members).items():
                    rows.append((model_version, grain, period_start_at, segment, metric, value, n))
    return pd.DataFrame(rows, columns=["model_version", "grain", "period_start_at", "segment", "metric", "value", "n"])


def metrics_of(predictions: pd.DataFrame) -> dict[str, tuple[float | None, int]]:
    """Value and number of rows of each metric; None where it is not defined."""
    judged = predictions[predictions["has_outcome"]]
    n, is_actual, score = len(judged), judged["is_actual"].to_numpy(), judged["score"].to_numpy()
    tn, fp, fn, tp = (
        confusion_matrix(is_actual, judged["is_predicted"], labels=[False, True]).ravel().tolist() if n else [0] * 4
    )
    precision, recall = _ratio(tp, tp + fp), _ratio(tp, tp + fn)
    specificity, accuracy = _ratio(tn, tn + fp), _ratio(tp + tn, n)
    chance = _ratio((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp), n * n)
    values = {
        "prevalence": _ratio(tp + fn, n),
        "accuracy": accuracy,
        "balanced_accuracy": None if None in (recall, specificity) else (recall + specificity) / 2,
        "precision": precision,
        "recall": recall,
        "specificity": specificity,
        "negative_predictive_value": _ratio(tn, tn + fn),
        "false_positive_rate": _ratio(fp, fp + tn),
        "false_negative_rate": _ratio(fn, fn + tp),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "jaccard": _ratio(tp, tp + fp + fn),
        "matthews_correlation": _ratio(tp * tn - fp * fn, ((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)) ** 0.5),
        "cohen_kappa": None if chance is None else _ratio(accuracy - chance, 1 - chance),
        "brier_score": brier_score_loss(is_actual, score) if n else None,
        "log_loss": log_loss(is_actual, score, labels=[False, True]) if n else None,
        "roc_auc": roc_auc_score(is_actual, score) if 0 < is_actual.sum() < n else None,
    }
    return {"label_coverage": (_ratio(n, len(predictions)), len(predictions))} | {
        metric: (value, n) for metric, value in values.items()
    }


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def main(warehouse: Path, metrics: Path) -> None:
    """Writes the metrics of the purchases in `warehouse`."""
    purchases, customers = read_purchases(warehouse)
    examples = build_examples(purchases, split_customers(customers))
    del purchases
    evaluate(predict(examples)).to_csv(metrics, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
