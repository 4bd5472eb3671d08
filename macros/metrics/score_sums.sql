{#- What the metrics of probabilities are made of, added up for each group and bin of scores, as a query. `scores` names a CTE with a row per group
    and score, as `score_counts` makes them. Bin b of n_bins has the scores from b / n_bins until before the next; the last has 1, too. -#}

{%- macro score_sums(scores, groups, n_bins) -%}
    {%- set float8 = millwright.sql_type('float8') -%}
    select
        {%- for name in groups %}
        {{ name }},
        {%- endfor %}
        bin_number,
        sum(n) as n,
        sum(n_unlabelled) as n_unlabelled,
        sum(n_unpredicted) as n_unpredicted,
        sum(positives) as positives,
        sum(negatives) as negatives,
        sum(score * (positives + negatives)) as expected_positives,
        sum(positives * {{ millwright.log_loss_of('score') }}) as loss_of_positives,
        sum(negatives * {{ millwright.log_loss_of('1 - score') }}) as loss_of_negatives,
        -- The square of a score below 1e-150 is no float any more, which PostgreSQL makes an error.
        sum(
            positives * (1 - score) * (1 - score)
            + case when score < 1e-150 then 0 else negatives * score * score end
        ) as squared_error,
        sum(negatives * (positives_through - positives / 2)) as ordered_pairs,
        sum(positives * {{ millwright.safe_divide('positives_through', 'positives_through + negatives_through') }}) as precision_sum
    from (
        select
            *,
            least(floor(score * {{ n_bins }}), {{ n_bins - 1 }}) as bin_number,
            sum(positives) over descending as positives_through,
            sum(negatives) over descending as negatives_through
        from {{ scores }}
        window descending as (
            {%- if groups %}
            partition by {{ groups | join(', ') }}
            {%- endif %}
            order by score desc nulls last
            rows between unbounded preceding and current row
        )
    ) as ranked
    group by {{ (groups + ['bin_number']) | join(', ') }}
{%- endmacro -%}
