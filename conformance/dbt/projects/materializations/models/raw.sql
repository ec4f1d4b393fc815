{{ config(materialized='raw_sql') }}
create or replace table main.by_hand as select 1 as a; insert into main.by_hand values (2)
