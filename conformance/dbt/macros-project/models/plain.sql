{{ config(
  materialized='config_probe',
  note='hello',
  tags=['x'],
  meta={'owner': 'me'},
  pre_hook="create table if not exists main.hooked as select 0 as n",
  post_hook=["insert into main.hooked values (1)", {"sql": "insert into main.hooked values (2)", "transaction": true}],
  indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['label']}],
  grants={'select': ['someone']},
  where='id > 1'
) }}
select 1 as id, 'it''s' as label, 2.50::decimal(5,2) as amount
