{#- The fields of a customer that belong together and are taken from one record; the first of a group says whether a record has the group. -#}

{%- macro customer_field_groups() -%}
    {{ return({
        'name': ['surname', 'given_name', 'birth_on'],
        'address': ['street', 'city', 'postcode', 'state'],
        'contact': ['email', 'phone'],
    }) }}
{%- endmacro -%}
