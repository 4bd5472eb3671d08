"""A run changes what became known since the last one, and nothing else."""

import pandas as pd
import pytest
from support.history import BUILT, FIRST_NIGHT, LANDED, LAST_NIGHT, SECOND_NIGHT, History, contents

# Relations that keep a row for ever once it is there, with the column that tells when it became known.
APPENDED = {
    "entities.fct_transactions": "known_at",
    "features.feat_customer__rfm": "event_at",
    "features.feat_customer__windows": "event_at",
    "features.feat_customer__rhythm": "event_at",
    "features.feat_customer__trends": "event_at",
    "features.feat_customer__monthly": "known_at",
    "features.feat_customer__support": "event_at",
    "features.feat_customer__scores": "event_at",
    "training.train_customer__horizons": "known_at",
    "training.train_customer__splits": "assigned_at",
    "training.train_customer__sampled_examples": "trained_at",
    "training.train_repurchase__encodings": "fitted_at",
    "predictors.pred_repurchase__parameters": "trained_at",
    "predictors.pred_repurchase__scores": "known_at",
    "predictors.pred_customer__predictions": "known_at",
    "predictors.pred_customer__outcomes": "known_at",
    "predictors.pred_repurchase__challenger_parameters": "trained_at",
    "predictors.pred_repurchase__challenger_probabilities": "snapshot_at",
    "predictors.pred_value_tier__challenger_parameters": "trained_at",
    "predictors.pred_value_tier__challenger_probabilities": "snapshot_at",
    "training.train_lifetime_value__summaries": "snapshot_at",
    "training.train_lifetime_value__outcomes": "known_at",
    "predictors.pred_lifetime_value__parameters": "trained_at",
    "predictors.pred_lifetime_value__expectations": "snapshot_at",
    "predictors.pred_lifetime_value__customers": "snapshot_at",
    "evaluation.eval_lifetime_value": "known_at",
    "ops.model_versions": "known_at",
    "ops.predictions": "known_at",
    "ops.outcomes": "known_at",
}


@pytest.mark.parametrize("relation", [*BUILT, *LANDED])
def test_the_same_night_again_changes_nothing(history: History, relation: str):
    assert len(history.first[relation]) > 0
    pd.testing.assert_frame_equal(history.first[relation], history.repeated[relation])


@pytest.mark.parametrize(("relation", "known_at"), APPENDED.items())
def test_a_later_night_adds_only_what_became_known_since(history: History, relation: str, known_at: str):
    before, after = history.repeated[relation], history.second[relation]
    old = after[after[known_at] <= pd.Timestamp(FIRST_NIGHT)].reset_index(drop=True)
    new = after[after[known_at] > pd.Timestamp(FIRST_NIGHT)]
    pd.testing.assert_frame_equal(before, old)
    if relation != "training.train_customer__splits":  # The shop's customers all came in the first three months.
        assert len(new) > 0
    assert (new[known_at] <= pd.Timestamp(SECOND_NIGHT)).all()


def test_a_new_month_brings_one_snapshot_one_version_and_one_month_of_predictions(history: History):
    for relation, column in (
        ("features.feat_customer__rfm", "event_at"),
        ("predictors.pred_repurchase__scores", "event_at"),
        ("ops.predictions", "event_at"),
        ("ops.model_versions", "event_at"),
    ):
        added = set(history.second[relation][column]) - set(history.first[relation][column])
        assert added == {pd.Timestamp("1998-01-01")}, relation


@pytest.mark.parametrize("relation", BUILT)
def test_night_by_night_equals_a_full_refresh(history: History, relation: str):
    pd.testing.assert_frame_equal(history.last[relation], history.refreshed[relation], rtol=1e-9, atol=0)


@pytest.mark.parametrize("relation", LANDED)
def test_a_full_refresh_leaves_the_landing_tables_alone(history: History, relation: str):
    pd.testing.assert_frame_equal(history.last[relation], history.refreshed[relation])


def test_dbt_itself_refuses_to_go_back(history: History):
    with pytest.raises(AssertionError, match="lies before that of an earlier run, 1998-07-01 00:00:00"):
        history.world.run("dbt", "build", "--vars", "{as_of: '1998-06-30'}")
    after = contents(history.world)
    for relation, rows in history.refreshed.items():
        pd.testing.assert_frame_equal(rows, after[relation])


def test_corrected_outcomes_are_kept_beside_what_they_correct(history: History):
    outcomes = history.world.relation("ops.outcomes where model_name = 'repurchase'")
    corrected = outcomes[outcomes.duplicated("prediction_id", keep=False)]
    assert len(corrected) > 0
    by_prediction = corrected.sort_values("known_at").groupby("prediction_id")["actual_class"].agg(list)
    assert set(map(tuple, by_prediction)) == {("no_repurchase", "repurchase")}


def test_every_run_is_logged_with_its_end_and_its_steps(history: History):
    runs = history.world.query("select * from monitoring.mon_runs where command <> 'test' order by started_at")
    moments = [FIRST_NIGHT, FIRST_NIGHT, SECOND_NIGHT, LAST_NIGHT, LAST_NIGHT]
    assert list(runs["as_of"]) == [pd.Timestamp(moment) for moment in moments]
    assert set(runs["status"]) == {"completed"}
    assert list(runs["command"]) == ["build", "run", "run", "build", "run"]
    assert (runs["n_steps"] > 50).all()
    assert (runs["n_failed_steps"] == 0).all()
