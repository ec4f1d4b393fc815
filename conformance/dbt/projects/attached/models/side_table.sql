{{ config(database='side', materialized='table', schema='s') }}select * from {{ ref('here') }}
