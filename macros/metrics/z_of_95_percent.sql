{#- How many standard deviations a 95% interval reaches to either side: the 97.5th percentile of the normal distribution. -#}

{%- macro z_of_95_percent() -%}
    {{ return(1.959963984540054) }}
{%- endmacro -%}
