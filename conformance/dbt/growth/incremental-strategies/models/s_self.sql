{{ config(unique_key='id') }}{% set s = var("step", 1) | int %}
select 1 as id, {{ s }} as s {% if is_incremental() %}, (select max(s) from {{ this }}) as before{% else %}, 0 as before{% endif %}
