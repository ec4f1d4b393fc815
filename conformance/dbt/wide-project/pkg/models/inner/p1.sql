{{ config(tags='incode', meta={'a': 1}) }}
select 1 as id, '{{ var("pkvar") }}' as v, '{{ var("onlypk") }}' as o, {{ pk.helper('z') }} as h, {{ over() }} as ov
