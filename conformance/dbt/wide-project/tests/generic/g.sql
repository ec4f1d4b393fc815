{% test dbt_utils_like(model, combination) %}
{{ config(severity='error', tags=['frommacro']) }}
select * from {{ model }} join {{ ref('a') }} using (id)
{% endtest %}
