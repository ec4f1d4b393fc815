select amount::decimal(10,2) as amount, id::integer as id from {{ ref('good') }}
