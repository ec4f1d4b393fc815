select s.ship_id::bigint as ship_id, sum(c.fee)::decimal(18,2) as fee, list(c.arrived_at) as arrivals,
  {'a': 1, 'b': 'x'} as parts
from {{ ref('stg_ships') }} s join {{ ref('eph_calls') }} c using (ship_id) group by all
