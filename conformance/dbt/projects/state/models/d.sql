{{ config(contract={'enforced': true}) }} select id from {{ ref('a') }}
