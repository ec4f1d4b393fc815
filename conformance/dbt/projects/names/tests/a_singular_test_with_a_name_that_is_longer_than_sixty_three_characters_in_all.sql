{{ config(severity='warn', store_failures=true) }}select 1 as x
