{{ config(materialized = 'view' if var('step',1) | int == 1 else 'incremental') }}{% set s = var("step", 1) | int %}
select id, k, v, at from {{ ref("src") }}{% if is_incremental() %} where step = {{ s }}{% else %} where step <= {{ s }}{% endif %}
