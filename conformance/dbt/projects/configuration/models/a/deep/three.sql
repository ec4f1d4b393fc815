{% if var('plain') == 'root_plain' %}{{ config(materialized='table') }}{% else %}{{ config(materialized='view') }}{% endif %}
{% set cfg = {'schema': 'kw'} %}{{ config(**cfg) }}
select 3 as x
