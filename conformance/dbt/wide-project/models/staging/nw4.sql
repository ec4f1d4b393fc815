(with t as (select 1) select * from t, {{ ref('eph0') }})
