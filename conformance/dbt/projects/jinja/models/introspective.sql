{%- set cols = adapter.get_columns_in_relation(ref('typed')) if execute else [] -%}
{%- set q = run_query("select max(i) as m from " ~ ref('typed')) -%}
select {% for c in cols %}{{ c.quoted }}::varchar as c_{{ loop.index }}, {% endfor %}{% if execute %}{{ q.columns[0].values()[0] }}{% else %}0{% endif %} as m, '{{ ref('typed').identifier }}' as id
from {{ ref('typed') }}
