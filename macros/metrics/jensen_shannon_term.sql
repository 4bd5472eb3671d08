{#- What one bin adds to the divergence of Jensen and Shannon, natural logarithm: how far both shares are from their mean; an SQL expression. A share
    of zero adds nothing. Lin, Divergence measures based on the Shannon entropy (1991). -#}

{%- macro jensen_shannon_term(reference_share, current_share) -%}
    {%- set total = '(' ~ reference_share ~ ' + ' ~ current_share ~ ')' -%}
    (
        case when {{ reference_share }} > 0 then {{ reference_share }} * ln(2 * {{ reference_share }} / {{ total }}) else 0 end
        + case when {{ current_share }} > 0 then {{ current_share }} * ln(2 * {{ current_share }} / {{ total }}) else 0 end
    ) / 2
{%- endmacro -%}
