{% snapshot t_00 %}
{{ config(unique_key=['id', 'k2'], strategy='check', check_cols=['v'], updated_at='ts', hard_deletes='invalidate', target_schema='snaps2') }}
select * from {{ ref('src') }}
{% endsnapshot %}
