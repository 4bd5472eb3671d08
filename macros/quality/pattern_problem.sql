{#- Why a regular expression is not one that all engines read alike, as text; none if it is. Allowed are characters, sets of them, `\d`, groups,
    alternatives, anchors, and one quantifier after what is repeated; not look-around, references, flags, nor `\w` and the like, which end at other
    letters on other engines. -#}

{%- macro pattern_problem(pattern) -%}
    {%- if not pattern -%}
        {{ return('format needs a pattern') }}
    {%- endif -%}
    {%- set refused = 'pattern "' ~ pattern ~ '" is not a regular expression that all engines read alike' -%}
    {#- What is understood becomes one letter: first escapes, then sets of characters, then groups from the innermost outwards. -#}
    {%- set rest = modules.re.sub('\\\\(?:d|[^A-Za-z0-9])', 'a', pattern) -%}
    {%- for set_of_characters in modules.re.findall('\\[\\^?([^\\[\\]]+)\\]', rest) -%}
        {%- for pair in modules.re.findall('(.)-(.)', set_of_characters) if pair[0] > pair[1] -%}
            {{ return(refused ~ ': the range ' ~ pair[0] ~ '-' ~ pair[1] ~ ' runs backwards') }}
        {%- endfor -%}
    {%- endfor -%}
    {%- for least, most in modules.re.findall('\\{([0-9]+),?([0-9]*)\\}', rest)
            if [least | int, most | int] | max > 255 or (most and most | int < least | int) -%}
        {{ return(refused ~ ': repetitions go from 0 to 255, the larger number last') }}
    {%- endfor -%}
    {%- set rest = namespace(text=modules.re.sub('\\[\\^?[^\\[\\]]+\\]', 'a', rest)) -%}
    {%- set piece = '(?:[^\\\\()\\[\\]{}*+?^$|](?:[*+?]|\\{[0-9]+(?:,[0-9]*)?\\})?|[\\^$|])*' -%}
    {%- for _ in range(rest.text.count('(')) -%}
        {%- set rest.text = modules.re.sub('\\((?:\\?:)?' ~ piece ~ '\\)', 'a', rest.text) -%}
    {%- endfor -%}
    {%- if modules.re.fullmatch(piece, rest.text) is none -%}
        {{ return(refused ~ ': see from "' ~ rest.text[modules.re.match(piece, rest.text).end():] ~ '" on') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro -%}
