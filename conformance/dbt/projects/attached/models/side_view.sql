{{ config(database='side') }}select * from {{ ref('side_table') }}
