{#- How a version is to be deployed over what is in force: a dict of strategy, status, shares, which add up to 100, and the incumbent. `rollout` has
    the strategy and the traffic_percent that the caller wants. Raises a compiler error for what cannot be. -#}

{%- macro planned_rollout(call, held, version, rollout) -%}
    {%- set strategy = rollout.strategy or 'blue_green' -%}
    {%- set name = version.model_name ~ ' ' ~ version.model_version -%}
    {%- set own = namespace(share=0) -%}
    {%- set others = [] -%}
    {%- for share in held.shares or [] -%}
        {%- if (share.model_name, share.model_version) == (version.model_name, version.model_version) -%}
            {%- set own.share = share.traffic_percent | int -%}
        {%- else -%}
            {%- do others.append(share) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set steps = [25, 50, 75, 100] | select('>', own.share) | list -%}
    {%- set default = 10 if strategy == 'canary' else steps[0] if strategy == 'rolling' else 100 -%}
    {%- set percent = default if rollout.traffic_percent is none or rollout.traffic_percent is undefined else rollout.traffic_percent -%}
    {%- set problem = namespace(text=none) -%}
    {%- if own.share == 100 -%}
        {%- set problem.text = name ~ ' has all traffic already' -%}
    {%- elif not 1 <= percent <= 100 -%}
        {%- set problem.text = 'traffic_percent is ' ~ percent ~ '; it must be from 1 to 100' -%}
    {%- elif strategy == 'canary' and percent > 10 -%}
        {%- set problem.text = 'a canary gets 10 percent of the traffic at most, not ' ~ percent ~ '; promote_canary gives it the rest' -%}
    {%- elif strategy in ('blue_green', 'immediate') and percent != 100 -%}
        {%- set problem.text = strategy ~ ' moves all traffic at once, not ' ~ percent ~ ' percent; take canary or rolling' -%}
    {%- elif strategy == 'rolling' and percent <= own.share -%}
        {%- set problem.text = name ~ ' has ' ~ own.share ~ ' percent already; a step must go further than ' ~ percent ~ ', or roll back' -%}
    {%- elif strategy in ('canary', 'rolling') and others | length > 1 -%}
        {%- set problem.text = held.shares | selectattr('is_candidate') | map(attribute='model_version') | first
            ~ ' is on its way in; finish that or roll it back first' -%}
    {%- endif -%}
    {%- if problem.text -%}
        {%- do exceptions.raise_compiler_error(call.procedure ~ ': ' ~ problem.text) -%}
    {%- endif -%}
    {#- Where nothing serves yet, there is nothing to share with. -#}
    {%- set percent = percent if held else 100 -%}
    {%- set shares = [dict(model_name=version.model_name, model_version=version.model_version, traffic_percent=percent, is_candidate=true)] -%}
    {%- if percent < 100 -%}
        {%- do shares.append(dict(others[0], traffic_percent=100 - percent, is_candidate=false)) -%}
    {%- endif -%}
    {{ return({'strategy': strategy, 'status': 'complete' if percent == 100 else strategy, 'shares': shares, 'incumbent': others[0]}) }}
{%- endmacro -%}
