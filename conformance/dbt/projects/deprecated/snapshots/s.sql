{% snapshot snap %}{{ config(target_schema='snaps', unique_key='id', strategy='check', check_cols=['other'], invalidate_hard_deletes=True) }}select * from {{ ref('m') }}{% endsnapshot %}
