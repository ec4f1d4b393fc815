{{ config(materialized='external', persist_docs={}) }}
select * exclude (parts) from {{ ref('fees') }}
