/* c */ -- x
  select * from {{ ref('eph2') }} join {{ ref('eph0') }} using (id) join {{ ref('eph2') }} using (id)
