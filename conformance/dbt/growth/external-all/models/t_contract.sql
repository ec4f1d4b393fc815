{{ config(materialized='table', contract={'enforced': true}) }}select 'a' as name, 1 as id
