-- The key has two parts; NULL in one of them makes it no key, so that such rows are never taken for each other. Keys may repeat.
with

listed as (

    select
        environment,
        part,
        number,
        payload
    from (
        values
        ('production', 'a', 1, 'a1'),
        ('production', 'a', null, 'half a key'),
        ('production', 'b', 1, 'b1'),
        ('production', 'b', 1, 'b1 again'),
        ('staging', 'a', 1, 'a1 of staging'),
        ('staging', 'a', 2, 'a2 of staging'),
        ('staging', 'a', 2, 'a2 of staging'),
        ('staging', 'a', null, 'half a key of staging'),
        ('staging', null, null, 'no key of staging')
    ) as rows_of_both (environment, part, number, payload)

),

production as (

    select * from listed
    where environment = 'production'

),

staging as (

    select
        payload,
        number,
        part
    from listed
    where environment = 'staging'

),

nothing as (

    select * from listed
    where environment = 'nowhere'

),

{%- set columns = {'part': 'text', 'number': 'integer', 'payload': 'text'} %}

merged as (

    {{ millwright.anti_join_merge('production', 'staging', ['part', 'number'], columns, 'came_from', ['production', 'staging']) }}

),

completed_by_nothing as (

    {{ millwright.anti_join_merge('production', 'nothing', ['part', 'number'], columns) }}

),

nothing_completed as (

    {{ millwright.anti_join_merge('nothing', 'staging', ['part', 'number'], columns) }}

),

found as (

    select * from merged
    union all
    select * from completed_by_nothing
    where number = 1
    union all
    select * from nothing_completed
    where number = 1

),

expected as (

    select * from (
        values
        ('production', 'a', 1, 'a1'),
        ('production', 'a', null, 'half a key'),
        ('production', 'b', 1, 'b1'),
        ('production', 'b', 1, 'b1 again'),
        ('staging', 'a', 2, 'a2 of staging'),
        ('staging', 'a', 2, 'a2 of staging'),
        ('staging', 'a', null, 'half a key of staging'),
        ('staging', null, null, 'no key of staging'),
        ('primary', 'a', 1, 'a1'),
        ('primary', 'b', 1, 'b1'),
        ('primary', 'b', 1, 'b1 again'),
        ('secondary', 'a', 1, 'a1 of staging')
    ) as rows_of_all (came_from, part, number, payload)

)

select * from (
    (
        select * from found
        except all
        select * from expected
    )
    union all
    (
        select * from expected
        except all
        select * from found
    )
) as differences
