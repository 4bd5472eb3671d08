{#- The classes that a relation has among its actual and predicted ones, read while dbt compiles: a list of texts in the order of their bytes, no
    longer than one more than `max_classes`. Empty while the project is being parsed and before the relation exists. -#}

{%- macro classes_of_relation(relation, actual, predicted, where, max_classes) -%}
    {%- if relation is not string and relation.is_cte -%}
        {%- do exceptions.raise_compiler_error(
            'pivot_confusion_matrix: the classes of ' ~ relation ~ ' cannot be read: it is a CTE, as every input of a unit test is. '
            ~ 'Give the argument `classes`.'
        ) -%}
    {%- endif -%}
    {%- if not execute or relation is not string and not load_relation(relation) -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set query -%}
        with cells as (
            {{ millwright.confusion_counts(relation, actual, predicted, where=where) }}
        )
        select '=' || class_name as class_name
        from (
            select actual_class as class_name
            from cells
            where predicted_class is not null
            union
            select predicted_class as class_name
            from cells
            where actual_class is not null
        ) as classes
        where class_name is not null
        order by {{ millwright.bytewise('classes.class_name') }}
        limit {{ max_classes + 1 }}
    {%- endset -%}
    {#- dbt reads '' and 'null' as NULL. -#}
    {%- set classes = [] -%}
    {%- for class_name in run_query(query).columns['class_name'].values() -%}
        {%- do classes.append(class_name[1:]) -%}
    {%- endfor -%}
    {{ return(classes) }}
{%- endmacro -%}
