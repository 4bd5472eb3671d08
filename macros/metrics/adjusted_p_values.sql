{#- The rows of a relation with adjusted_p_value, as a query: what is significant below a limit of it has at most that share of false discoveries
    among what is, over all tests of the same group. Rows without a p value are no tests. Beside it stand n_tests of the group and p_value_rank.
    Benjamini and Hochberg, Controlling the false discovery rate (1995). -#}

{%- macro adjusted_p_values(relation, p_value, by) -%}
    select
        *,
        case
            when {{ p_value }} is not null
                then min({{ p_value }} * n_tests / p_value_rank) over (
                    partition by {{ by | join(', ') }}
                    order by p_value_rank desc
                    rows between unbounded preceding and current row
                )
        end as adjusted_p_value
    from (
        select
            *,
            count({{ p_value }}) over (partition by {{ by | join(', ') }}) as n_tests,
            case
                when {{ p_value }} is not null
                    then row_number() over (partition by {{ by | join(', ') }} order by {{ p_value }} nulls last)
            end as p_value_rank
        from {{ relation }}
    ) as ranked
{%- endmacro -%}
