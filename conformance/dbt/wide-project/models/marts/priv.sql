{{ config(access='private', group='g1') }}
select 1 as id
