{{ config(group='g1', snowflake_warehouse='w', my_own={'a': [1, {'b': none}]}) }}
select * from {{ ref('priv') }}
