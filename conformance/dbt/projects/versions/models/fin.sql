{{ config(group='finance') }}select * from {{ ref('hidden') }}
