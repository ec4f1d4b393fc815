{{ config(materialized='incremental', pre_hook="{% if is_incremental() %}insert into audit.log values ('incremental', '{{ this }}'){% else %}insert into audit.log values ('full', '{{ this }}'){% endif %}", post_hook="{% if execute %}insert into audit.log select 'late', '{{ var('late', false) }}'{% endif %}") }}
select 5 as n
