{{ config(pre_hook=["select 'm1' from {{ ref('stg_a') }}", {"sql": "select 2", "transaction": False}], post_hook="{{ my_hook() }}", grants={'+select': ['b'], 'insert': 'c'}, contract={'enforced': true}) }}
-- leading comment
/* block */
with base as (select * from {{ ref('eph1') }})
select id, cast(1.5 as double) as amt from base join {{ ref('eph0') }} using (id)
