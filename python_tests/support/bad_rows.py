"""Rows that a broken extract or a careless application would deliver, planted beside the sample world."""

# Reason that staging must give, by the key of the planted row.
PURCHASES = {
    "900001": "purchased_on is not an ISO date (YYYY-MM-DD)",
    "900002": "amount is negative",
    "900003": "account_number is missing",
    "900006": "loaded_at is missing",
    "900004": "purchased_on is after loaded_at",
    "900005": "amount is not a decimal number",
    "00001,1997": "line_number is not a whole number; quantity is not a whole number",
}
PREDICTIONS = {
    "bad-score": "model_version is not registered; score is outside 0 to 1",
    "bad-nan": "model_version is not registered; score is outside 0 to 1",
    "bad-entity": "model_version is not registered; entity_id is missing",
    "bad-order": "model_version is not registered; event_at is after known_at",
}
OUTCOMES = {"bad-outcome": "no outcome is given"}
ORPHANS = {"orphan": "no prediction of this model has this prediction_id"}
MODEL_VERSIONS = {"2": "known_at is missing"}

BAD_RAW_ROWS = (
    """
    insert into raw_shop.purchases (line_number, account_number, purchased_on, quantity, amount, loaded_at)
    values
        ('900001', '00001', '31/01/1997', '1', '9.99', '1997-02-01'),
        ('900002', '00001', '1997-01-31', '1', '-9.99', '1997-02-01'),
        ('900003', '', '1997-01-31', '1', '9.99', '1997-02-01'),
        ('900004', '00001', '1997-03-31', '1', '9.99', '1997-02-01'),
        ('900005', '00001', '1997-01-31', '1', '9,99', '1997-02-01'),
        ('900006', '00001', '1997-01-31', '1', '9.99', null),
        ('00001,1997', '1997-01-31', '1997-01-31', 'one', '9.99', '1997-02-01')
    """,
)
BAD_LANDED_ROWS = (
    """
    insert into ops.predictions
        (prediction_id, model_name, model_version, entity_id, event_at, known_at, score, predicted_class)
    values
        ('bad-score', 'elsewhere', '1', 'shop-00001', '1997-08-01', '1997-08-01', 1.5, 'yes'),
        ('bad-nan', 'elsewhere', '1', 'shop-00001', '1997-08-01', '1997-08-01', cast('NaN' as float8), 'yes'),
        ('bad-entity', 'elsewhere', '1', null, '1997-08-01', '1997-08-01', 0.5, 'yes'),
        ('bad-order', 'elsewhere', '1', 'shop-00001', '1997-08-02', '1997-08-01', 0.5, 'yes')
    """,
    """
    insert into ops.outcomes (outcome_id, prediction_id, model_name, event_at, known_at, actual_class)
    values
        ('bad-outcome', 'nothing', 'elsewhere', '1997-11-01', '1997-11-01', null),
        ('orphan', 'nothing', 'elsewhere', '1997-11-01', '1997-11-01', 'yes')
    """,
    """
    insert into ops.model_versions (model_name, model_version, event_at, known_at)
    values ('elsewhere', '2', '1997-08-01', null)
    """,
)
