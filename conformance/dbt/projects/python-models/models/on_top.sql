select customer, count(*) as n from {{ ref('frame') }} group by customer
