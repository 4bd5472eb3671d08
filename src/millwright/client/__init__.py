"""The client with which applications append predictions, outcomes and errors to the landing tables.

    from millwright.client import PredictionLog

    with PredictionLog("postgresql://app@db.example.org/warehouse", spool="/var/spool/churn") as log:
        prediction_id = log.log_prediction(
            model_name="churn", model_version="2.3.0", entity_id="shop-00042", score=0.83, predicted_class="churns"
        )
        log.log_outcome(prediction_id=prediction_id, model_name="churn", actual_class="stays")

It needs no dbt and imports nothing heavy: the driver of its warehouse (psycopg2 or duckdb) is all.
"""

from millwright.client.log import InvalidError, InvalidOutcome, InvalidPrediction, InvalidRow, PredictionLog
from millwright.client.spool import SpoolError

__all__ = ["InvalidError", "InvalidOutcome", "InvalidPrediction", "InvalidRow", "PredictionLog", "SpoolError"]
