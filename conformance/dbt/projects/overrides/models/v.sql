{{ config(schema='custom') }}
select 1 as id, '{{ dbt.current_timestamp() }}' as ts, '{{ util.greet('m') }}' as greet, '{{ util.shout('s') }}' as shout, '{{ hello('m') }}' as hello, {{ dbt.any_value('1') }} as av
