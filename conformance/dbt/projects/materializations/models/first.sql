{{ config(materialized='keep_first', indexes=[{'columns': ['id'], 'unique': true}], persist_docs={'relation': true, 'columns': true}, pre_hook='create table if not exists counted(n int)', post_hook='insert into counted values (1)') }}
select 1 as id, '{{ var('kind', 'none') }}' as kind, '{{ flags.FULL_REFRESH }}' as fr
