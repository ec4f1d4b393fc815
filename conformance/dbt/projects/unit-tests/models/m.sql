{{ config(tags=['x']) }}
select s.id, s.name, s.half * {{ var('rate') }} * {{ factor() }} as scaled, '{{ env_var("UT_ENV", "dflt") }}' as env, s.born, s.late, s.ids, s.pair, s.at, c.n
from {{ ref('stg') }} s left join {{ source('raw', 'clicks') }} c on c.id = s.id
