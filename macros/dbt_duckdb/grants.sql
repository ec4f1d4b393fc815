{% macro duckdb__apply_grants(relation, grant_config, should_revoke=True) -%}
  {%- do adapter.warn_once('DuckDB has no grants: the grants of ' ~ relation ~ ' are left out') if grant_config -%}
{%- endmacro %}
