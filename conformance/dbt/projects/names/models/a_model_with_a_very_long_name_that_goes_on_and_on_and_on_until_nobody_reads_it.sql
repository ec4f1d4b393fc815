select 1 as id, 2 as "Weird Column", 3 as b
