select 'x' as id
