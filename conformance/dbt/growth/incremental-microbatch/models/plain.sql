{{ config(materialized='table') }}select * from {{ ref('ev') }}
