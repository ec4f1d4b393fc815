select id, {{ four('amount') }} as amount from {{ ref('a') }}
