{{ config(incremental_strategy='merge', unique_key='id', merge_update_columns=['v'], merge_clauses={'when_matched': [{'action':'delete'}]}) }}{% set s = var("step", 1) | int %}
select distinct on (id) id, k, v, at from {{ ref("src") }}{% if is_incremental() %} where step = {{ s }}{% else %} where step <= {{ s }}{% endif %} and id is not null order by id, step desc, v
