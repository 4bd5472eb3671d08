-- Versions reach the landing table while this runs:
-- depends_on: {{ ref('pred_repurchase__versions') }}
-- depends_on: {{ ref('pred_customer__versions') }}

with

versions as (

    {{ millwright.deduplicate(
        ref('stg_ops__model_versions'),
        partition_by=['model_name', 'model_version'],
        order_by=['known_at desc', 'trained_at desc', millwright.bytewise('run_id')]
    ) }}

),

metrics as (

    select
        model_name,
        model_version,
        max(case when metric = 'label_coverage' then n - n_unlabelled end) as n_outcomes,
        max(case when metric = 'roc_auc' and is_positive_class then value end) as roc_auc,
        max(case when metric = 'f1' and is_positive_class then value end) as f1
    from {{ ref('eval_metrics') }}
    where
        grain = 'all'
        and segment = 'all'
    group by
        model_name,
        model_version

),

sequenced as (

    select
        *,
        lead(trained_at) over (
            partition by model_name
            order by trained_at, {{ millwright.bytewise('model_version') }}
        ) as superseded_at
    from versions

),

final as (

    select
        sequenced.model_name,
        sequenced.model_version,
        sequenced.trained_at,
        sequenced.superseded_at,
        sequenced.superseded_at is null as is_current,
        sequenced.n_train_rows,
        sequenced.n_valid_rows,
        sequenced.train_positive_rate,
        sequenced.valid_log_loss,
        sequenced.decision_threshold,
        sequenced.algorithm,
        sequenced.parameters,
        sequenced.created_by,
        sequenced.expected_accuracy,
        sequenced.expected_latency_ms,
        sequenced.expected_throughput_rps,
        coalesce(metrics.n_outcomes, 0) as n_outcomes,
        metrics.roc_auc,
        metrics.f1
    from sequenced
    left join metrics
        on
            sequenced.model_name = metrics.model_name
            and sequenced.model_version = metrics.model_version

)

select * from final
