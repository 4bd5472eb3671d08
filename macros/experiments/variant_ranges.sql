{#- Which hash fractions get which variant: a list of {variant, begin, end} that divides 0 to 1, in order. `allocations` are the shares in force one
    after the other, the oldest first.

    The first ones are laid side by side. At every change a variant with a smaller share gives up the end of what it has, and the others take from
    that: so only as many entities move as must. Laid side by side anew, those of variants whose share stays the same would move, too. -#}

{%- macro variant_ranges(allocations) -%}
    {%- set ranges = [] -%}
    {%- for allocation in allocations -%}
        {%- set free = [] if ranges else [{'begin': 0, 'end': 1}] -%}
        {%- set kept = [] -%}
        {%- set missing = dict(allocation) -%}
        {%- for range in ranges -%}
            {%- set share = missing.get(range.variant, 0) -%}
            {%- set cut = [range.end, range.begin + share] | min | round(12) -%}
            {%- if cut > range.begin -%}
                {%- do kept.append({'variant': range.variant, 'begin': range.begin, 'end': cut}) -%}
                {%- do missing.update({range.variant: (share - (cut - range.begin)) | round(12)}) -%}
            {%- endif -%}
            {%- if cut < range.end -%}
                {%- do free.append({'begin': cut, 'end': range.end}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for variant, share in missing.items() if share > 0 -%}
            {%- set to_take = [share] -%}
            {%- for range in free if to_take[-1] > 0 and range.begin < range.end -%}
                {%- set cut = [range.end, range.begin + to_take[-1]] | min | round(12) -%}
                {%- do kept.append({'variant': variant, 'begin': range.begin, 'end': cut}) -%}
                {%- do to_take.append((to_take[-1] - (cut - range.begin)) | round(12)) -%}
                {%- do range.update({'begin': cut}) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do ranges.clear() -%}
        {%- do ranges.extend(kept | sort(attribute='begin')) -%}
    {%- endfor -%}
    {{ return(ranges) }}
{%- endmacro -%}
