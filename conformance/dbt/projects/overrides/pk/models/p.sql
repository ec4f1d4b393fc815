{{ config(schema='pks') }}
select '{{ hello('p') }}' as h, '{{ this }}' as me
