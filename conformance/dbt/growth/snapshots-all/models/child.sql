select count(*) as n from {{ ref("y_ts") }}
