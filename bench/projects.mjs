/** Generated projects: the same bytes for the same arguments, readable by dbt and by Boathouse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A project of `count` models in layers of 50, each selecting from one or two models of the layer
 * before, with a macro call in every third and column tests on every second (`tests`).
 */
export function writeModelProject(folder, count, { tests = true, macros = true } = {}) {
  const put = (path, text) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put(
    'dbt_project.yml',
    'name: generated\nversion: "1.0"\nprofile: generated\nmodels:\n  generated:\n    +materialized: view\nflags:\n  send_anonymous_usage_stats: false\n',
  );
  put(
    'profiles.yml',
    'generated:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: generated.duckdb\n      threads: 4\n',
  );
  put(
    'macros/amount.sql',
    "{% macro scaled(column, by=100) %}round({{ column }} / {{ by }}, {{ var('digits', 2) }}){% endmacro %}\n",
  );
  let yaml = 'version: 2\nmodels:\n';
  for (let i = 0; i < count; i += 1) {
    const layer = Math.floor(i / 50);
    const name = `m_${String(i).padStart(5, '0')}`;
    const parent = (back) => `m_${String(i - 50 - (back % Math.min(50, i - 49))).padStart(5, '0')}`;
    const head = i % 5 === 0 ? "{{ config(tags=['fifth']) }}\n" : '';
    const value = macros && i % 3 === 0 ? "{{ scaled('amount') }}" : 'amount';
    const body =
      layer === 0
        ? `select ${i} as id, ${i * 7}.5::decimal(12,2) as amount`
        : `select a.id, ${value} as amount from {{ ref('${i >= 100 ? parent(0) : `m_${String(i % 50).padStart(5, '0')}`}') }} a`;
    put(`models/layer_${layer}/${name}.sql`, `${head}${body}\n`);
    if (tests && i % 2 === 0) {
      yaml += `  - name: ${name}\n    description: Model number ${i}\n    columns:\n      - name: id\n        data_tests: [not_null, unique]\n`;
    }
  }
  if (tests) put('models/schema.yml', yaml);
}
