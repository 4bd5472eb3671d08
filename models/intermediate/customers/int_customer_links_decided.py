"""Decides which links between customer records hold; the module millwright.matching.clusters says how."""

from millwright.matching.clusters import decide_links


def model(dbt, session):
    rules = dbt.ref("identity_rules").filter("rule_kind = 'exclusive'").order("column_name").project("column_name")
    columns = list(dict.fromkeys(name for (name,) in rules.fetchall()))
    records = dbt.ref("int_customer_records_merged")
    unknown = [name for name in columns if name not in records.columns]
    if unknown:
        raise ValueError(f"identity_rules: {unknown[0]} is exclusive but no column of int_customer_records_merged.")

    links = dbt.ref("int_customer_links").project("link_kind, rule_id, left_key, right_key, match_weight")
    return decide_links(
        links.to_arrow_table(),
        records.project(", ".join(["record_key", *columns])).to_arrow_table(),
        max_records=dbt.config.meta_get("max_records_per_customer"),
        min_bridge_side=dbt.config.meta_get("min_bridge_side"),
    )
