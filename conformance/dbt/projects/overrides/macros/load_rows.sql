{% macro load_csv_rows(model, agate_table) %}
  {% if model.name != 'loaded' %}{{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}{% endif %}
  {% set sql %}
    insert into {{ this }} values
    {% for row in agate_table.rows %}({% for value in row %}{% if value is none %}null{% else %}'{{ value }}'{% endif %}{{ ',' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}{% endfor %}
  {% endset %}
  {% do adapter.add_query(sql) %}
  {% do adapter.add_query('insert into ' ~ this ~ ' values (?, ?, ?)', bindings=[agate_table.rows | length, 0.5, "it's ?"[:0] or none]) %}
  {{ return(sql) }}
{% endmacro %}
