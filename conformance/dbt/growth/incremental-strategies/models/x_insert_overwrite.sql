{{ config(incremental_strategy='insert_overwrite') }}{% set s = var("step", 1) | int %}
select id, k, v, at from {{ ref("src") }}{% if is_incremental() %} where step = {{ s }}{% else %} where step <= {{ s }}{% endif %}
