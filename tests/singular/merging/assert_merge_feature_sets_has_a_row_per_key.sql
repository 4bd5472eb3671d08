-- Keys in one, two or all sets, an empty set, and rows without a whole key, which stay apart.
with

sets as (

    select
        set_name,
        customer_id,
        cast(event_at as timestamp) as event_at,
        feature
    from (
        values
        ('monthly', 'everywhere', '1997-02-01', 1),
        ('quarterly', 'everywhere', '1997-02-01', 2),
        ('yearly', 'everywhere', '1997-02-01', 3),
        ('monthly', 'everywhere', '1997-03-01', 4),
        ('quarterly', 'in two', '1997-02-01', 5),
        ('yearly', 'in two', '1997-02-01', 6),
        ('yearly', 'in the last', '1997-02-01', 7),
        ('monthly', 'half a key', null, 8),
        ('quarterly', 'half a key', null, 9),
        ('quarterly', 'half a key', null, 10),
        ('yearly', null, null, 11)
    ) as listed (set_name, customer_id, event_at, feature)

),

{%- for name in ['monthly', 'quarterly', 'yearly', 'never'] %}

{{ name }} as (

    select
        customer_id,
        event_at,
        feature as {{ name }}_feature
    from sets
    where set_name = '{{ name }}'

),
{%- endfor %}

merged as (

    {{ millwright.merge_feature_sets(
        {'monthly': 'monthly', 'quarterly': 'quarterly', 'never': 'never', 'by_year': 'yearly'},
        keys=['customer_id', 'event_at'],
        columns={
            'monthly': ['monthly_feature'], 'quarterly': ['quarterly_feature'], 'never': ['never_feature'], 'by_year': ['yearly_feature']
        }
    ) }}

),

alone as (

    {{ millwright.merge_feature_sets({'monthly': 'monthly'}, ['customer_id', 'event_at'], {'monthly': ['monthly_feature']}, assume_unique=true) }}

),

found as (

    select
        customer_id,
        event_at,
        monthly_feature,
        quarterly_feature,
        yearly_feature,
        never_feature
    from merged

    union all

    select
        'alone: ' || customer_id as customer_id,
        event_at,
        monthly_feature,
        null as quarterly_feature,
        null as yearly_feature,
        null as never_feature
    from alone

),

expected as (

    select
        customer_id,
        cast(event_at as timestamp) as event_at,
        monthly_feature,
        quarterly_feature,
        yearly_feature,
        cast(null as integer) as never_feature
    from (
        values
        ('everywhere', '1997-02-01', 1, 2, 3),
        ('everywhere', '1997-03-01', 4, null, null),
        ('in two', '1997-02-01', null, 5, 6),
        ('in the last', '1997-02-01', null, null, 7),
        ('half a key', null, 8, null, null),
        ('half a key', null, null, 9, null),
        ('half a key', null, null, 10, null),
        (null, null, null, null, 11),
        ('alone: everywhere', '1997-02-01', 1, null, null),
        ('alone: everywhere', '1997-03-01', 4, null, null),
        ('alone: half a key', null, 8, null, null)
    ) as listed (customer_id, event_at, monthly_feature, quarterly_feature, yearly_feature)

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
