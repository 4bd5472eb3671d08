"""Gradient-boosted challengers of the linear baselines, whose trees are rows.

A version is fitted on a stratified sample of the train split, with the weights of its rows, so that probabilities stay
those of the whole; what is chosen, it chooses on a sample of the valid split. scikit-learn's
HistGradientBoostingClassifier fits; scores come from the rows alone, by NumPy. Features may be missing.

Everything about a version is rows with COLUMNS, by their `parameter`:

- `threshold` and `leaf` are the nodes of the trees, by iteration, output and number; the root is node 0. Rows whose
  feature is up to the threshold go to the left node, as do those without a value if `is_missing_left`; a threshold of
  infinity parts those with a value from those without. A leaf's value is added to the raw score of its output.
- `baseline` is the raw score of an output before any tree; `train_rate` the share of its class.
- What is left is about the version as a whole: what was chosen, on how many rows, and how good it is.

Raw scores become probabilities by softmax. Two classes have one output, the second class, and the logistic function.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from millwright.baselines import best_threshold, due_versions
from millwright.warehouse import literal

TYPES = {
    "model_name": "string",
    "model_version": "string",
    "trained_at": "datetime64[us]",
    "output": "string",
    "parameter": "string",
    "iteration": "Int64",
    "node": "Int64",
    "feature": "string",
    "is_missing_left": "boolean",
    "left_node": "Int64",
    "right_node": "Int64",
    "value": "float64",
}
COLUMNS = list(TYPES)
# What is tried on the valid rows: these numbers of leaves, and every number of iterations up to the largest.
MAX_LEAF_NODES = (4, 8)
MAX_ITERATIONS = 40
# Few bins, since small samples are quickly binned into them and do not need more; leaves so large and values so shrunk
# that no tree hangs on a few rows with large weights.
SETTINGS = {
    "learning_rate": 0.2,
    "max_bins": 32,
    "min_samples_leaf": 100,
    "l2_regularization": 10.0,
    "early_stopping": False,
    "random_state": 0,
}

Reference = Callable[[], Any]
"""Refers to a table when called, and not before: on PostgreSQL that copies it."""

Parameters = Iterator[dict[str, Any]]
"""Rows of a version, without what names the version; what is not there is NULL."""


@dataclass(frozen=True)
class Challenger:
    """A model of one label: its name and its classes, of two the one to detect last."""

    model_name: str
    classes: Sequence[str]

    @property
    def outputs(self) -> Sequence[str]:
        """The classes that have trees."""
        return self.classes if len(self.classes) > 2 else self.classes[1:]


@dataclass(frozen=True)
class Sample:
    """Rows to fit and to tune on: features, classes by their numbers, weights, and which rows are for fitting."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    is_train: np.ndarray


def fit_due_versions(
    challenger: Challenger, schedule: Any, sampled_examples: Reference, features: Sequence[str], held: Any
) -> pd.DataFrame:
    """All versions of a challenger that are due and not fitted yet, as rows with COLUMNS.

    `schedule` and `held` are relations: `train_customer__schedule`, and the versions that are there already, None if
    there are none. `sampled_examples` refers to `train_customer__sampled_examples`.
    """
    frames = []
    # Samples this small gain nothing from threads, which would compete with dbt's.
    with threadpool_limits(1):
        due = due_versions(challenger.model_name, schedule, held)
        examples = sampled_examples() if len(due) else None
        for version in due.itertuples():
            sample = _sample(challenger, examples, version.model_version, features)
            frame = pd.DataFrame(fit(challenger, sample, features), columns=COLUMNS[3:])
            frame.insert(0, "trained_at", version.trained_at)
            frame.insert(0, "model_version", version.model_version)
            frame.insert(0, "model_name", challenger.model_name)
            frames.append(frame.astype(TYPES))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS).astype(TYPES)


def _sample(challenger: Challenger, sampled_examples: Any, model_version: str, features: Sequence[str]) -> Sample:
    """The sample of a version in one order, on which sums of floats depend."""
    rows = (
        sampled_examples.filter(f"model_name = '{challenger.model_name}' and model_version = '{model_version}'")
        .order("customer_id, snapshot_at")
        .project(f"data_split = 'train' as is_train, label, sample_weight, {', '.join(features)}")
        .fetchnumpy()
    )
    number_of = {name: number for number, name in enumerate(challenger.classes)}
    unknown = set(rows["label"]) - set(number_of)
    if unknown:
        raise ValueError(f"{challenger.model_name} does not know the classes {', '.join(sorted(unknown))}.")
    y = np.array([number_of[name] for name in rows["label"]], dtype=int)
    return Sample(matrix(rows, features), y, rows["sample_weight"], rows["is_train"])


def matrix(columns: dict[str, np.ndarray], features: Sequence[str]) -> np.ndarray:
    """Features side by side, column after column in memory, with NaN for what is masked, as DuckDB does with NULL."""
    values = [np.ma.filled(np.ma.asarray(columns[name], dtype=float), np.nan) for name in features]
    return np.asfortranarray(np.column_stack(values))


def fit(challenger: Challenger, sample: Sample, features: Sequence[str]) -> Parameters:
    """Fits on the rows for training the trees with the least log loss on the others.

    Trees do not depend on those that follow: of the iterations that were tried the first so many are the model.
    Raises ValueError when a class is missing from either part.
    """
    for part, y in (("train", sample.y[sample.is_train]), ("valid", sample.y[~sample.is_train])):
        missing = [name for number, name in enumerate(challenger.classes) if number not in y]
        if missing:
            raise ValueError(f"The {part} split has no row of {', '.join(missing)}.")
    losses, models = {}, {}
    for max_leaf_nodes in MAX_LEAF_NODES:
        models[max_leaf_nodes] = _boosted(sample, max_leaf_nodes, MAX_ITERATIONS)
        for iteration, loss in enumerate(_staged_losses(models[max_leaf_nodes], sample), start=1):
            losses[max_leaf_nodes, iteration] = loss
    best = min(losses, key=losses.get)
    yield from _facts(challenger, sample, models[best[0]], best, losses[best])
    yield from _trees(challenger, models[best[0]], best[1], features)


def _boosted(sample: Sample, max_leaf_nodes: int, n_iterations: int) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(max_leaf_nodes=max_leaf_nodes, max_iter=n_iterations, **SETTINGS)
    return model.fit(
        sample.x[sample.is_train], sample.y[sample.is_train], sample_weight=sample.weights[sample.is_train]
    )


def _staged_losses(model: HistGradientBoostingClassifier, sample: Sample) -> Iterator[float]:
    """Log loss on the valid rows after each iteration."""
    y, weights = sample.y[~sample.is_train], sample.weights[~sample.is_train]
    for probabilities in model.staged_predict_proba(sample.x[~sample.is_train]):
        yield float(-np.average(np.log(probabilities[np.arange(len(y)), y]), weights=weights))


def _facts(
    challenger: Challenger, sample: Sample, model: HistGradientBoostingClassifier, best: tuple[int, int], loss: float
) -> Parameters:
    """What is not a node: about each output, and about the version as a whole."""
    max_leaf_nodes, n_iterations = best
    is_train = sample.is_train
    of_version = {
        "max_leaf_nodes": max_leaf_nodes,
        "n_iterations": n_iterations,
        "learning_rate": SETTINGS["learning_rate"],
        "n_train_rows": is_train.sum(),
        "n_valid_rows": (~is_train).sum(),
        "valid_log_loss": loss,
    }
    if len(challenger.classes) == 2:
        probabilities = next(islice(model.staged_predict_proba(sample.x[~is_train]), n_iterations - 1, None))
        of_version["decision_threshold"] = best_threshold(
            sample.y[~is_train] == 1, probabilities[:, 1], sample.weights[~is_train]
        )
    for parameter, value in of_version.items():
        yield {"parameter": parameter, "value": value}
    # scikit-learn has no public way to the raw score that its trees add to.
    for output, baseline in zip(challenger.outputs, model._baseline_prediction.ravel(), strict=True):
        is_class = sample.y[is_train] == challenger.classes.index(output)
        rate = np.average(is_class, weights=sample.weights[is_train])
        yield {"output": output, "parameter": "baseline", "value": baseline}
        yield {"output": output, "parameter": "train_rate", "value": rate}


def _trees(
    challenger: Challenger, model: HistGradientBoostingClassifier, n_iterations: int, features: Sequence[str]
) -> Parameters:
    """The nodes of the first trees."""
    # scikit-learn has no public way to the nodes.
    for iteration, of_outputs in enumerate(model._predictors[:n_iterations], start=1):
        for output, tree in zip(challenger.outputs, of_outputs, strict=True):
            for number, node in enumerate(tree.nodes):
                row = {"output": output, "iteration": iteration, "node": number}
                if node["is_leaf"]:
                    yield row | {"parameter": "leaf", "value": node["value"]}
                else:
                    yield row | {
                        "parameter": "threshold",
                        "value": node["num_threshold"],
                        "feature": features[node["feature_idx"]],
                        "is_missing_left": bool(node["missing_go_to_left"]),
                        "left_node": int(node["left"]),
                        "right_node": int(node["right"]),
                    }


def score_due_snapshots(
    challenger: Challenger,
    parameters: Any,
    in_force: Any,
    examples: Reference,
    features: Sequence[str],
    held: Any,
    salt: str,
) -> pd.DataFrame:
    """Probabilities of all snapshots that are due and not scored yet, each customer's by the version in force.

    Columns are model_name, model_version, customer_id, snapshot_at and `<class>_score` of every class. `parameters`,
    `in_force` and `held` are relations: rows with COLUMNS, `train_customer__versions_in_force`, and the snapshots that
    are there already, None if there are none. `examples` refers to `train_customer__examples`. By the `salt`, the var
    `traffic_salt`, customers are hashed to versions that share the traffic.
    """
    due = in_force.filter(f"model_name = '{challenger.model_name}'").order("snapshot_at").df()
    if held is not None:
        due = due[~due["snapshot_at"].isin(held.df()["snapshot_at"])]
    scores = [f"{name}_score" for name in challenger.classes]
    types = dict.fromkeys(["model_name", "model_version", "customer_id"], "string") | {"snapshot_at": "datetime64[us]"}
    frames = [pd.DataFrame(columns=[*types, *scores])]
    of_all = examples() if len(due) else None
    for version, snapshots in due.groupby("model_version", sort=False):
        rows = parameters.filter(f"model_version = '{version}'").df()
        for snapshot in snapshots.itertuples():
            columns = (
                of_all.filter(f"snapshot_at = cast('{snapshot.snapshot_at}' as timestamp)")
                .filter(_is_served_by(snapshot, salt))
                .order("customer_id")
                .project(f"customer_id, {', '.join(features)}")
                .fetchnumpy()
            )
            frame = pd.DataFrame(predict_proba(challenger, rows, matrix(columns, features), features), columns=scores)
            frame.insert(0, "snapshot_at", snapshot.snapshot_at)
            frame.insert(0, "customer_id", columns["customer_id"])
            frame.insert(0, "model_version", version)
            frame.insert(0, "model_name", challenger.model_name)
            frames.append(frame)
    return pd.concat(frames[1:] or frames, ignore_index=True).astype(types | dict.fromkeys(scores, "float64"))


def _is_served_by(version: Any, salt: str) -> str:
    """The condition of `macros/training/is_served_by.sql` on a customer, for DuckDB."""
    if (version.share_from, version.share_until) == (0, 1):
        return "true"
    digits = f"substr(md5({literal(f'{salt}:')} || customer_id), 1, 8)"
    fraction = f"cast('0x' || {digits} as ubigint) / 4294967296.0"
    return f"{fraction} >= {version.share_from} and {fraction} < {version.share_until}"


def predict_proba(challenger: Challenger, rows: pd.DataFrame, x: np.ndarray, features: Sequence[str]) -> np.ndarray:
    """Probabilities of the classes, a column each, for the rows of `x`, by a version's rows with COLUMNS."""
    baselines = rows[rows["parameter"] == "baseline"].set_index("output")["value"]
    nodes = rows[rows["node"].notna()].sort_values(["iteration", "node"])
    raw = np.empty((len(x), len(challenger.outputs)), order="F")
    for number, output in enumerate(challenger.outputs):
        raw[:, number] = baselines[output]
        for _, tree in nodes[nodes["output"] == output].groupby("iteration"):
            _add_leaves(raw[:, number], tree.set_index("node"), x, features)
    if len(challenger.classes) == 2:
        # The same as softmax, of the raw score and none.
        raw = np.column_stack([np.zeros(len(x)), raw])
    weights = np.exp(raw - raw.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _add_leaves(raw: np.ndarray, tree: pd.DataFrame, x: np.ndarray, features: Sequence[str]) -> None:
    """Adds to every row's raw score the value of its leaf: rows are parted node by node, from the root on."""
    nodes = {node.Index: node for node in tree.itertuples()}
    parts = [(0, np.arange(len(x)))]
    while parts:
        number, rows = parts.pop()
        node = nodes[number]
        if node.parameter == "leaf":
            raw[rows] += node.value
            continue
        values = x[rows, features.index(node.feature)]
        goes_left = values <= node.value
        if node.is_missing_left:
            goes_left |= np.isnan(values)
        parts += [(node.left_node, rows[goes_left]), (node.right_node, rows[~goes_left])]
