{#- What `multiclass_probability_metrics` makes of each class against all others, as a query. `bins` names a CTE of `score_sums` by scored_class. Of
    the loss a class has that of its positives, since the other classes of the same prediction have none. -#}

{%- macro multiclass_rates(bins, groups) -%}
    select
        {{ (groups + ['scored_class']) | join(',\n        ') }},
        cast(sum(n) as bigint) as n,
        cast(sum(n_unlabelled) as bigint) as n_unlabelled,
        cast(sum(n_unpredicted) as bigint) as n_unpredicted,
        sum(positives) as positives,
        sum(loss_of_positives) as log_loss,
        sum(squared_error) as squared_error,
        sum(ordered_pairs) as ordered_pairs,
        sum(positives) * sum(negatives) as pairs,
        {{ millwright.safe_divide('sum(ordered_pairs)', 'sum(positives) * sum(negatives)') }} as roc_auc
    from {{ bins }}
    group by {{ (groups + ['scored_class']) | join(', ') }}
{%- endmacro -%}
