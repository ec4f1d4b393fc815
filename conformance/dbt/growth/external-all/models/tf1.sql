{{ config(materialized='table_function', parameters='a') }}select a as s
