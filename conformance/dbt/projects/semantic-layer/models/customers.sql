{{ config(group='finance', alias='clients') }}
select 1 as customer_id, 'x' as name, date '2024-01-01' as valid_from, date '2024-06-01' as valid_to
