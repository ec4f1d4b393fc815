{% snapshot t_11 %}
{{ config(unique_key='keyed', strategy='check', check_cols=['v', 'w']) }}
select * from {{ ref('vw') }}
{% endsnapshot %}
