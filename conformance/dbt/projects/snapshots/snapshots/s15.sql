{% snapshot s15 %}
{{ config(unique_key="id || '-' || k2", strategy='timestamp', updated_at='d', hard_deletes='ignore') }}
select * from {{ ref('vw') }}
{% endsnapshot %}
