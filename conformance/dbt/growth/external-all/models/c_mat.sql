{{ config(materialized='mine', suffix='z') }}select 1 as a
