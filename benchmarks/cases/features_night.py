"""Partial aggregates and feature groups: the first build, and nights that add one day."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from benchmarks.dbt_build import dbt_build, seconds_of_models
from benchmarks.frame import Case, Disagreement, Run
from benchmarks.measure import Command
from benchmarks.sample_data import made_once
from millwright.sample.generate import world_parts

FIRST, NIGHT, SNAPSHOT_NIGHT = "the first build", "a night", "a night with a snapshot"
LONG_FIRST, LONG_NIGHT, LONG_SNAPSHOT_NIGHT = (
    f"{name}, ten times the history" for name in (FIRST, NIGHT, SNAPSHOT_NIGHT)
)
AT_ONCE = "the first build, of all nights at once"

AS_OF = {
    FIRST: "1998-06-29",
    NIGHT: "1998-06-30",
    SNAPSHOT_NIGHT: "1998-07-01",
    LONG_FIRST: "1998-06-29",
    LONG_NIGHT: "1998-06-30",
    LONG_SNAPSHOT_NIGHT: "1998-07-01",
    AT_ONCE: "1998-07-01",
}
# By night, the one before it.
BEFORE = {
    NIGHT: FIRST,
    SNAPSHOT_NIGHT: NIGHT,
    LONG_NIGHT: LONG_FIRST,
    LONG_SNAPSHOT_NIGHT: LONG_NIGHT,
}
LONG = (LONG_FIRST, LONG_NIGHT, LONG_SNAPSHOT_NIGHT)
LONG_TIMES, LONG_UP_TO = 10, 10
# From this scale on a build with snapshots takes the better part of an hour: it is run once.
FEW_BUILDS_FROM = 1000
# From this scale on there are snapshots of the last month only.
FEW_SNAPSHOTS_FROM, FEW_SNAPSHOTS_START_ON, SNAPSHOTS_START_ON = 100, "1998-06-01", "1997-01-01"
DAYS_OF_HISTORY = 546
SEEDS = ("value_bands", "score_limits", "source_priorities")
MODELS = (
    *("int_snapshots", "stg_ops__customer_assignments", "int_account_moves", "fct_transactions_by_customer"),
    *("fct_customer_days", "fct_customer_days_by_snapshot", "path:models/features"),
)
SELECTION = ("--select", *SEEDS, *MODELS, "--resource-type", "seed", "--resource-type", "model")
SOURCE_TABLES = ("raw_shop.purchases", "raw_crm.customers", "raw_support.tickets", "raw_truth.identities")
WAREHOUSE = "warehouse.duckdb"


class FeaturesNight(Case):
    description = f"""
partial aggregates and feature groups, built for the first time and night by night

The scale is the number of copies of the sample world. Built are `fct_customer_days`, the views before and after it, and
all feature groups, without tests; snapshots are monthly.

- *{FIRST}* is the build of {AS_OF[FIRST]}: everything that was known by then, with all snapshots since
  {SNAPSHOTS_START_ON}, eighteen of them. From {FEW_SNAPSHOTS_FROM}x on they begin on {FEW_SNAPSHOTS_START_ON}, and
  there is one.
- *{NIGHT}* is the one after, on that warehouse: the purchases of one day more, and no snapshot is due.
- *{SNAPSHOT_NIGHT}* is the one after that: again one day, and a snapshot.
- *…, ten times the history*, up to {LONG_UP_TO}x: the same customers have also bought, {LONG_TIMES - 1} times before,
  what they bought in the eighteen months. The snapshots are as many, the days added the same.
- *{AT_ONCE}* builds for the first time what the last of the nights ends with: the rows must be the
  same.

From {FEW_BUILDS_FROM}x on there are the first build and the first night only.

To keep the identities of customers out of the clock, the tables that these dbt models read are made beforehand: the
purchases (`fct_transactions`) with one customer for each account, the known persons of the records of the CRM as
`customer_crosswalk`, their records and the support tickets by periods in which the same was known. A night's purchases
are added to `fct_transactions` before its clock starts.

The builds include the start of dbt and reading the project anew. dbt has two threads, and DuckDB is allowed 4 GB.
"""
    unit = "million purchases"
    contenders = (FIRST, NIGHT, SNAPSHOT_NIGHT, *LONG, AT_ONCE)
    ratios = ((LONG_NIGHT, NIGHT), (LONG_SNAPSHOT_NIGHT, SNAPSHOT_NIGHT), (LONG_FIRST, FIRST))

    def __init__(self) -> None:
        self._scale = 0
        self._long_inputs: Path | None = None
        self._works: dict[str, Path] = {}

    def contenders_at(self, scale: int) -> tuple[str, ...]:
        if scale >= FEW_BUILDS_FROM:
            return FIRST, NIGHT
        return tuple(name for name in self.contenders if name not in LONG or scale <= LONG_UP_TO)

    def prepare(self, scale: int, data: Path) -> Path:
        def prepared(times: int) -> Path:
            name = f"features_{scale}x_{times}"
            return made_once(name, data, lambda duck: fill(duck, scale, times), Path(__file__))

        self._scale, self._works = scale, {}
        self._long_inputs = prepared(LONG_TIMES) if scale <= LONG_UP_TO else None
        return prepared(1)

    def size(self, inputs: Path) -> float:
        with duckdb.connect(inputs, read_only=True) as duck:
            return duck.execute("select count(*) / 1e6 from later.fct_transactions").fetchall()[0][0]

    def command(self, contender: str, inputs: Path, work: Path) -> Command:
        self._works[contender] = work
        before = self._works.get(BEFORE.get(contender))
        if contender not in BEFORE:
            warehouse = shutil.copyfile(self._long_inputs if contender in LONG else inputs, work / WAREHOUSE)
        elif before and _is_built(before):
            # Moved, since a copy of a large warehouse takes as much room again.
            warehouse = shutil.move(before / WAREHOUSE, work / WAREHOUSE)
        else:
            return Command([sys.executable, "-c", "import sys; sys.exit('The night before did not come to its end.')"])
        with duckdb.connect(warehouse) as duck:
            duck.execute(f"""
                insert into entities.fct_transactions
                select * from later.fct_transactions
                where
                    known_at <= timestamp '{AS_OF[contender]}'
                    and known_at > (select coalesce(max(known_at), '-infinity') from entities.fct_transactions)
            """)
        starts_on = FEW_SNAPSHOTS_START_ON if self._scale >= FEW_SNAPSHOTS_FROM else SNAPSHOTS_START_ON
        return dbt_build(Path(warehouse), work, AS_OF[contender], SELECTION, history_starts_on=starts_on)

    def check(self, works: Mapping[str, Path]) -> str:
        if SNAPSHOT_NIGHT not in works:
            return f"Without *{SNAPSHOT_NIGHT}* there is nothing to compare."
        ours, theirs = (_contents(works[contender] / WAREHOUSE) for contender in (SNAPSHOT_NIGHT, AT_ONCE))
        different = [f"`{table}`" for table in theirs if ours.get(table) != theirs[table]]
        if different or not theirs["features.feat_customer__rfm"][0]:
            raise Disagreement(
                f"Night by night, {', '.join(different) or 'nothing'} has other rows than built at once."
            )
        return (
            f"Night by night and built at once, `fct_customer_days` and {len(theirs) - 1} feature groups have the same "
            f"{sum(n_rows for n_rows, _ in theirs.values()):,} rows."
        )

    def notes(self, runs: Mapping[str, Run]) -> str:
        return seconds_of_models(runs)


def fill(duck: duckdb.DuckDBPyConnection, scale: int, times: int) -> None:
    """Makes the tables that the dbt models read, as of all nights; purchases wait in the schema `later`.

    With more `times` than one, everybody's purchases are there as often, ever earlier.
    """
    for schema in ("entities", "intermediate", "later"):
        duck.execute(f"create schema {schema}")
    for part, queries in enumerate(world_parts(duck, scale, SOURCE_TABLES)):
        for table, query in queries.items():
            duck.execute(f"create or replace temp table delivered_{table.split('.')[1]} as {query}")
        duck.execute("""
            create or replace temp table lines as
            select
                line_number,
                account_number,
                'c-' || account_number as customer_id,
                cast(purchased_on as timestamp) as event_at,
                loaded_at as known_at,
                cast(quantity as bigint) as quantity,
                cast(amount as numeric(18, 2)) as amount
            from temp.delivered_purchases
            qualify row_number() over (partition by line_number order by loaded_at) = 1
        """)
        for table, query in _inputs(times).items():
            duck.execute(f"insert into {table} {query}" if part else f"create table {table} as {query}")
    duck.execute("create table entities.fct_transactions as select * from later.fct_transactions limit 0")


def _inputs(times: int) -> dict[str, str]:
    """By table of the warehouse, the query of its rows from the temporary tables of some copies of the world."""
    return {
        "later.fct_transactions": f"""
            select
                'shop-' || line_number || '-' || earlier as transaction_id,
                account_number,
                customer_id,
                event_at - to_days(cast(earlier * {DAYS_OF_HISTORY} as integer)) as event_at,
                known_at - to_days(cast(earlier * {DAYS_OF_HISTORY} as integer)) as known_at,
                quantity,
                amount
            from temp.lines, range({times}) as repeated (earlier)
            order by known_at
        """,
        "entities.customer_crosswalk": f"""
            select
                source_system || '-' || source_record_id as record_key,
                source_system,
                source_record_id,
                'c-' || account_number as customer_id,
                valid_from,
                cast(null as timestamp) as valid_to
            from (
                select
                    'shop' as source_system,
                    account_number as source_record_id,
                    account_number,
                    min(known_at) - to_days({(times - 1) * DAYS_OF_HISTORY}) as valid_from
                from temp.lines
                group by account_number

                union all

                select
                    'crm' as source_system,
                    identities.source_record_id,
                    identities.account_number,
                    min(customers.loaded_at) as valid_from
                from temp.delivered_identities as identities
                inner join temp.delivered_customers as customers on identities.source_record_id = customers.crm_id
                where identities.source_system = 'crm'
                group by identities.source_record_id, identities.account_number
            )
        """,
        "intermediate.int_customer_record_revisions": """
            select
                'crm-' || crm_id as record_key,
                'crm' as source_system,
                loaded_at as event_at,
                loaded_at as valid_from,
                lead(loaded_at) over (partition by crm_id order by loaded_at) as valid_to,
                deleted_at <> '' as is_deleted,
                nullif(lower(email), '') as email,
                try_cast(birth_on as date) as birth_on
            from (select distinct on (crm_id, loaded_at) * from temp.delivered_customers order by all)
        """,
        "intermediate.int_support_ticket_revisions": f"""
            select
                ticket_id,
                nullif(account_number, '') as account_number,
                nullif(lower(email), '') as email,
                {_written_moment("opened_at")} as opened_at,
                {_written_moment("closed_at")} as closed_at,
                topic,
                priority,
                try_cast(satisfaction as bigint) as satisfaction,
                loaded_at as valid_from,
                lead(loaded_at) over (partition by ticket_id order by loaded_at) as valid_to
            from (select distinct on (ticket_id, loaded_at) * from temp.delivered_tickets order by all)
        """,
    }


def _written_moment(column: str) -> str:
    return f"coalesce(try_cast({column} as timestamp), try_strptime({column}, '%d/%m/%Y %H:%M'))"


def _is_built(work: Path) -> bool:
    """Whether a build came to its end without an error."""
    results = work / "target" / "run_results.json"
    if not results.exists() or not (work / WAREHOUSE).exists():
        return False
    outcome = json.loads(results.read_text(encoding="utf-8"))
    return all(node["status"] in ("success", "pass") for node in outcome["results"])


def _contents(warehouse: Path) -> dict[str, tuple[int, int]]:
    """By table that was built, its number of rows and a number that depends on all of them."""
    with duckdb.connect(warehouse, read_only=True) as duck:
        groups = duck.execute("""
            select schema_name || '.' || table_name from duckdb_tables()
            where schema_name = 'features' and table_name like 'feat_%'
        """).fetchall()
        return {
            table: duck.execute(f"select count(*), sum(hash(built)) from {table} as built").fetchall()[0]
            for table in ("entities.fct_customer_days", *(name for (name,) in groups))
        }


CASE = FeaturesNight()
