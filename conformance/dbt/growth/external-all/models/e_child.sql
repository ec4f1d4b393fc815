{{ config(materialized='table') }}select count(*) as n, sum(id) as s from {{ ref('e_part') }}
