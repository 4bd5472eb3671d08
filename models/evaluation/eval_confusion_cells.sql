with

partials as (

    select * from {{ ref('eval_confusion_partials') }}

),

classes as (

    select
        model_name,
        label_name,
        actual_class as class_name
    from partials
    where
        actual_class is not null
        and predicted_class is not null

    union

    select
        model_name,
        label_name,
        predicted_class as class_name
    from partials
    where
        actual_class is not null
        and predicted_class is not null

),
{%- if is_incremental() %}

held as (

    select distinct
        model_name,
        label_name,
        actual_class as class_name
    from {{ this }}
    where segment = 'all'

),

-- Models with a class that no matrix has yet, or that is no class any more since an outcome was corrected: all of their matrices are made anew.
reshaped as (

    select model_name
    from (
        select * from classes
        except
        select * from held
    ) as added

    union

    select model_name
    from (
        select * from held
        except
        select * from classes
    ) as gone

),
{%- endif %}

periods as (

    {{ millwright.changed_periods(models='reshaped') }}

),

in_periods as (

    {{ millwright.in_periods('partials', 'hour_starts_at', ['model_name', 'label_name', 'actual_class', 'predicted_class', 'n']) }}

),

in_segments as (

    {{ millwright.in_segments('in_periods', ['period_id', 'model_name', 'label_name', 'actual_class', 'predicted_class', 'n']) }}

),

some_period as (

    select
        model_name,
        label_name,
        min(period_id) as period_id
    from in_periods
    group by
        model_name,
        label_name

),

-- A class of the model counts in periods without it, too.
framed as (

    select
        segment,
        period_id,
        model_name,
        label_name,
        actual_class,
        predicted_class,
        n
    from in_segments

    union all

    select
        'all' as segment,
        some_period.period_id,
        classes.model_name,
        classes.label_name,
        classes.class_name as actual_class,
        classes.class_name as predicted_class,
        0 as n
    from classes
    inner join some_period
        on
            classes.model_name = some_period.model_name
            and classes.label_name is not distinct from some_period.label_name

),

matrix as (

    {{ millwright.matrix_from_counts(
        'framed',
        group_by=['model_name', 'label_name', 'period_id', 'segment'],
        classes_by=['model_name', 'label_name']
    ) | indent(4) }}

),

final as (

    select
        periods.model_name,
        periods.model_version,
        periods.task,
        periods.grain,
        periods.period_start_at,
        matrix.segment,
        matrix.label_name,
        matrix.actual_class,
        matrix.predicted_class,
        cast(matrix.n as bigint) as n,
        matrix.n_actual,
        matrix.n_predicted,
        matrix.n_total,
        matrix.actual_rate,
        matrix.predicted_rate,
        matrix.total_rate,
        matrix.n_unlabelled,
        matrix.n_unpredicted,
        periods.is_mature,
        periods.known_at
    from matrix
    inner join periods
        on matrix.period_id = periods.period_id

)

select * from final
