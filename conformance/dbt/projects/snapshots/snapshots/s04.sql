{% snapshot s04 %}
{{ config(unique_key=['id', 'k2'], strategy='timestamp', updated_at='ts_text::timestamp', snapshot_meta_column_names={'dbt_updated_at': 'ua', 'dbt_valid_to': 'vt', 'dbt_is_deleted': 'gone', 'dbt_valid_from': 'vf'}) }}
select * from {{ ref('vw') }}
{% endsnapshot %}
