{#- Whether an entity, an expression, is one of those that get a version's share of the traffic: a condition on a row of
    `train_customer__versions_in_force`, named `versions`. By the salted hash of its key, so that it is the same every night. -#}

{%- macro is_served_by(entity) -%}
    case
        when versions.share_from = 0 and versions.share_until = 1 then true
        else {{ millwright.hash_fraction(entity, var('traffic_salt')) }} >= versions.share_from
            and {{ millwright.hash_fraction(entity, var('traffic_salt')) }} < versions.share_until
    end
{%- endmacro -%}
