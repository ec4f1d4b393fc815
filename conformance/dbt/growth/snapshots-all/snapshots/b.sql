{% snapshot b_block %}
{{ config(target_schema='snaps', unique_key='id', strategy='timestamp', updated_at='ts') }}
select * from {{ ref('ppl') }}
{% endsnapshot %}
{% snapshot b_two %}
{{ config(unique_key='id', strategy='check', check_cols=['v'], updated_at='ts', invalidate_hard_deletes=True) }}
select id, v, ts from {{ ref('ppl') }} where v < 100
{% endsnapshot %}
{% snapshot b_hooks %}
{{ config(unique_key='id', strategy='timestamp', updated_at='ts', pre_hook="create table if not exists hl(a int)", post_hook="insert into hl select count(*) from {{ this }}") }}
select * from {{ ref('ppl') }}
{% endsnapshot %}
