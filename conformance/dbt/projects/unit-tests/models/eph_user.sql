select id, name || '!' as name from {{ ref('eph') }}
