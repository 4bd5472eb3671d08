"""Raw tables of any number of source records of people, whose names grow in number as a population's do.

Copies of the sample world share its names and places, so that ever more strangers agree on them. Here every copy but
the first is a region of its own: postal codes and telephone exchanges are the region's, and surnames end in a syllable
of the region, except those of one person in eight, which are found everywhere. Given names, streets and birthdays are
the same everywhere. The last copy is cut, customer by customer, at the number of source records.

One record in a hundred is reserved for a night after the sample world's end: half of these are delivered then for the
first time, half once more, with another address.
"""

import math
from pathlib import Path

import duckdb

from benchmarks.sample_data import made_once
from millwright.sample.generate import world_parts

# A few less than there are.
RECORDS_PER_COPY = 52_000
FIRST_NIGHT, NEXT_NIGHT = "1998-07-01", "1998-07-02"
CHANGED_AT, DELIVERED_AT = "1998-06-30 12:00:00", "1998-07-01 12:00:00"
SYLLABLE = "substr('bdfghklmnprstvwz', 1 + copy // 5 % 16, 1) || substr('aeiou', 1 + copy % 5, 1) || 'n'"
REGIONAL_POSTCODE = "printf('%05d', ({0}.city.postcode::integer + 997 * copy) % 100000)"
HOMES = ("home", "next_home", "previous_home")
RECORD_TABLES = ("crm_records", "erp_records", "marketing_records")
# By raw table: key of the record, time of its version, and the new address of one that has moved.
NEXT_POSTCODE = "printf('%05d', (postcode::integer + 7) % 100000) as postcode"
DELIVERIES = {
    "raw_crm.customers": ("crm_id", "updated_at", f"'7' || street as street, {NEXT_POSTCODE}"),
    "raw_erp.customers": ("customer_no", "changed_on", f"'7' || street as street, {NEXT_POSTCODE}"),
    "raw_marketing.contacts": ("contact_id", "modified_at", NEXT_POSTCODE),
}


def population(n_records: int, data: Path) -> Path:
    """A DuckDB file in the directory `data` with the raw tables of about `n_records` source records of people."""
    return made_once(f"population_{n_records}", data, lambda duck: _fill(duck, n_records), Path(__file__))


def _fill(duck: duckdb.DuckDBPyConnection, n_records: int) -> None:
    n_left = n_records
    for part, queries in enumerate(world_parts(duck, math.ceil(n_records / RECORDS_PER_COPY), copies_per_part=1)):
        _settle(duck)
        n_left -= _cut(duck, n_left)
        for table, query in queries.items():
            if part == 0:
                duck.execute(f"create schema {table.split('.')[0]}")
                duck.execute(f"create table {table} as {query}")
            else:
                duck.execute(f"insert into {table} {query}")
    for table, (key, version_at, address) in DELIVERIES.items():
        _reserve(duck, table, key, version_at, address)


def _settle(duck: duckdb.DuckDBPyConnection) -> None:
    """Gives the people of a copy, before their records are written, the names and places of their region."""
    homes = []
    for home in HOMES:
        city = f"struct_update({home}.city, postcode := {REGIONAL_POSTCODE.format(home)})"
        homes.append(f"{home} = case when {home} is not null then struct_update({home}, city := {city}) end")
    duck.execute(f"""
        update temp.people
        set
            surname = surname || case when chance('common name', account_number, 0.125) then '' else {SYLLABLE} end,
            phone = replace(phone, ' 555-', ' ' || (555 + copy) || '-'),
            {", ".join(homes)}
        where copy > 0
    """)


def _cut(duck: duckdb.DuckDBPyConnection, n_records: int) -> int:
    """Forgets the customers of a copy that are too many for so many records; returns how many records are left."""
    records = " union all ".join(f"select account_number from temp.{name}" for name in RECORD_TABLES)
    duck.execute(f"""
        create or replace temp table kept as
        select account_number
        from (
            select account_number, sum(count(*)) over (order by md5(account_number), account_number) as n_so_far
            from ({records})
            group by account_number
        )
        where n_so_far <= {n_records}
    """)
    for name in ("people", "purchases", *RECORD_TABLES):
        duck.execute(f"delete from temp.{name} where account_number not in (select account_number from temp.kept)")
    return duck.execute(f"select count(*) from ({records})").fetchall()[0][0]


def _reserve(duck: duckdb.DuckDBPyConnection, table: str, key: str, version_at: str, address: str) -> None:
    """Holds one record in two hundred back until the night after, and delivers another one then once more."""
    held_back, moved = (f"draw('next night', {key}, 200) = {number}" for number in (0, 1))
    duck.execute(f"update {table} set loaded_at = timestamp '{DELIVERED_AT}' where {held_back}")
    duck.execute(f"""
        insert into {table}
        select * replace (
            {address},
            left('{CHANGED_AT}', length({version_at})) as {version_at},
            timestamp '{DELIVERED_AT}' as loaded_at
        )
        from {table}
        where {moved} and postcode <> '' and length({version_at}) in (10, 19) and not contains({version_at}, '/')
        qualify row_number() over (partition by {key} order by {version_at} desc, loaded_at desc) = 1
    """)
