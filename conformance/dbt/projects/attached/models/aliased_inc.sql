{{ config(database='aliased', materialized='incremental') }}select n, '{{ this }}' as me from {{ ref('side_view') }}
