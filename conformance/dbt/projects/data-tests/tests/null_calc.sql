{{ config(fail_calc='max(id)') }}select 1 as id where false
