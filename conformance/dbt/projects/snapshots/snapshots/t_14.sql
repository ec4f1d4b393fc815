{% snapshot t_14 %}
{{ config(unique_key='keyed', strategy='timestamp', updated_at='ts', hard_deletes='new_record') }}
select * from {{ ref('vw') }}
{% endsnapshot %}
