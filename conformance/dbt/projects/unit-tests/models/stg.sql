select id, name, born, id * 1.5 as half, [id, id + 1] as ids, {'a': id, 'b': name} as pair, id > 1 as late, born::timestamp as at from {{ ref('people') }}
