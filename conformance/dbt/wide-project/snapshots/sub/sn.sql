{% snapshot s1 %}
{{ config(unique_key='id', strategy='check', check_cols=['id']) }}
select * from {{ ref('a') }}
{% endsnapshot %}

{% snapshot s2 %}
{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='other') }}
select * from {{ source('raw','tbl') }}
{% endsnapshot %}
