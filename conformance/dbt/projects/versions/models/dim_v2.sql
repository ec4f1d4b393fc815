select 2 as id, 'x' as extra
