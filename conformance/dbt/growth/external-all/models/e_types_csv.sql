{{ config(format='csv') }}select 1::tinyint as a, 1.5::decimal(10,2) as c, timestamp '2024-01-01' as d, true as bo, '007' as z, '' as em
