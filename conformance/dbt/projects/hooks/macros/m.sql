{% macro log_it(what, rel) %}insert into audit.log values ('{{ what }}', '{{ rel }}'){% endmacro %}
{% macro log_results(results) %}
  {% for r in results | sort(attribute='node.name') %}insert into audit.log values ('{{ r.status }}', '{{ r.node.unique_id }} {{ r.node.config.materialized }} {{ r.failures }} {{ r.message if r.status != 'error' }} {{ r.node.relation_name }} {{ r.adapter_response._message }}'); {% endfor %}
{% endmacro %}
{% macro broken() %}{% do run_query('select * from missing_thing') %}{% endmacro %}
{% macro writes(n, what) %}
  {% for i in range(n) %}{% do run_query("insert into audit.log values ('op', '" ~ i ~ " " ~ what[0] ~ " " ~ what[1].b ~ "')") %}{% endfor %}
  {% do adapter.commit() %}
{% endmacro %}
