{{ config(post_hook='select * from never_there', materialized='table') }}
select * from {{ ref('eph') }}
