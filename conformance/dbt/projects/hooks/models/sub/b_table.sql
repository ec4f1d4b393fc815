{{ config(materialized='table', post_hook=['', "{{ '' }}", before_begin("insert into audit.log values ('bb', '1')"), after_commit("insert into audit.log values ('ac', '1')"), in_transaction("insert into audit.log values ('it', '1')")]) }}
select * from {{ ref('a_view') }}
