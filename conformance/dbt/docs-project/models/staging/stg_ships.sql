select id as ship_id, name as "Odd Name", length_m, built from {{ ref('ships') }}
