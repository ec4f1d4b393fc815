{{ config(materialized='same_as_view') }}
select 1 as id, '{{ pk.pk_only() }}' as pk
