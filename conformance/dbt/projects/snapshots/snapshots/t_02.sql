{% snapshot t_02 %}
{{ config(unique_key=['id', 'k2'], strategy='timestamp', updated_at='ts', invalidate_hard_deletes=True) }}
select * from {{ ref('src') }}
{% endsnapshot %}
