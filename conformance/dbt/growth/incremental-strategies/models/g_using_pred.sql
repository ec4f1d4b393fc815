{{ config(incremental_strategy='merge', merge_on_using_columns=['id'], incremental_predicates=['DBT_INTERNAL_DEST.v > 0']) }}{% set s = var("step", 1) | int %}
select distinct on (id) id, k, v, at from {{ ref("src") }}{% if is_incremental() %} where step = {{ s }}{% else %} where step <= {{ s }}{% endif %} and id is not null order by id, step desc, v
