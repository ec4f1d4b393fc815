/** Generated projects: the same bytes for the same arguments, readable by dbt and by Boathouse. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A project of `count` models in layers of 50, each selecting from one or two models of the layer
 * before, with a macro call in every third and column tests on every second (`tests`).
 */
export function writeModelProject(folder, count, { tests = true, macros = true } = {}) {
  const put = writerIn(folder);
  putSettings(put);
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

function writerIn(folder) {
  return (path, text) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
}

function putSettings(put) {
  put(
    'dbt_project.yml',
    'name: generated\nversion: "1.0"\nprofile: generated\nmodels:\n  generated:\n    +materialized: view\nflags:\n  send_anonymous_usage_stats: false\n',
  );
  put(
    'profiles.yml',
    'generated:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: generated.duckdb\n      threads: 4\n',
  );
}

/** A small shop: three seeds, three views over them, two tables, and twenty tests. */
export function writeShopProject(folder) {
  const put = writerIn(folder);
  putSettings(put);
  const rows = (count, row) => Array.from({ length: count }, (_, i) => row(i + 1)).join('\n');
  const day = (i) => `2018-${String(1 + (i % 4)).padStart(2, '0')}-${String(1 + (i % 28)).padStart(2, '0')}`;
  put(
    'seeds/people.csv',
    `id,first_name,last_name\n${rows(100, (i) => `${i},Name${i},${'ABCDE'[i % 5]}.`)}\n`,
  );
  put(
    'seeds/purchases.csv',
    `id,person_id,bought_on,status\n${rows(99, (i) => `${i},${1 + ((i * 37) % 100)},${day(i)},${['placed', 'shipped', 'completed', 'returned'][i % 4]}`)}\n`,
  );
  put(
    'seeds/payments.csv',
    `id,purchase_id,method,cents\n${rows(113, (i) => `${i},${1 + (i % 99)},${['credit_card', 'coupon', 'bank_transfer', 'gift_card'][i % 4]},${(i * 100) % 3000}`)}\n`,
  );
  put(
    'models/staging/stg_people.sql',
    "select id as person_id, first_name, last_name from {{ ref('people') }}\n",
  );
  put(
    'models/staging/stg_purchases.sql',
    "select id as purchase_id, person_id, bought_on, status from {{ ref('purchases') }}\n",
  );
  put(
    'models/staging/stg_payments.sql',
    "select id as payment_id, purchase_id, method, cents / 100 as amount from {{ ref('payments') }}\n",
  );
  put(
    'models/buyers.sql',
    "{{ config(materialized='table') }}\nselect p.person_id, p.first_name, min(b.bought_on) as first_on, count(b.purchase_id) as purchases, sum(y.amount) as spent\nfrom {{ ref('stg_people') }} p\nleft join {{ ref('stg_purchases') }} b using (person_id)\nleft join {{ ref('stg_payments') }} y using (purchase_id)\ngroup by all\n",
  );
  put(
    'models/sales.sql',
    "{{ config(materialized='table') }}\n{% set methods = ['credit_card', 'coupon', 'bank_transfer', 'gift_card'] %}\nselect b.purchase_id, b.person_id, b.bought_on, b.status,\n{% for method in methods %}  sum(case when y.method = '{{ method }}' then y.amount else 0 end) as {{ method }}_amount,\n{% endfor %}  sum(y.amount) as amount\nfrom {{ ref('stg_purchases') }} b left join {{ ref('stg_payments') }} y using (purchase_id)\ngroup by all\n",
  );
  const column = (name, ...tests) => `      - name: ${name}\n        data_tests: [${tests.join(', ')}]\n`;
  const model = (name, ...columns) => `  - name: ${name}\n    columns:\n${columns.join('')}`;
  const key = ['unique', 'not_null'];
  const values = (list) => `{accepted_values: {arguments: {values: [${list}]}}}`;
  put(
    'models/schema.yml',
    `version: 2\nmodels:\n${model('stg_people', column('person_id', ...key))}${model(
      'stg_purchases',
      column('purchase_id', ...key),
      column('status', values('placed, shipped, completed, returned')),
    )}${model('stg_payments', column('payment_id', ...key), column('method', values('credit_card, coupon, bank_transfer, gift_card')))}${model(
      'buyers',
      column('person_id', ...key),
    )}${model(
      'sales',
      column('purchase_id', ...key),
      column('person_id', 'not_null', "{relationships: {arguments: {to: ref('buyers'), field: person_id}}}"),
      column('amount', 'not_null'),
      ...['credit_card', 'coupon', 'bank_transfer', 'gift_card'].map((method) =>
        column(`${method}_amount`, 'not_null'),
      ),
      column('status', values('placed, shipped, completed, returned')),
    )}`,
  );
}

/** One microbatch model over `days` days of ten events each. */
export function writeMicrobatchProject(folder, days) {
  const put = writerIn(folder);
  putSettings(put);
  put(
    'models/events.sql',
    `{{ config(materialized='table', event_time='happened_at') }}\nselect i as id, timestamp '2024-01-01' + interval (i * 144) minute as happened_at from range(${days * 10}) t(i)\n`,
  );
  put(
    'models/daily.sql',
    "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='happened_at', begin='2024-01-01', batch_size='day') }}\nselect id, happened_at from {{ ref('events') }}\n",
  );
}

/** `count` tests, four to a table of a thousand rows. */
export function writeTestsProject(folder, count) {
  const put = writerIn(folder);
  putSettings(put);
  let yaml = 'version: 2\nmodels:\n';
  for (let i = 0; i < count / 4; i += 1) {
    put(
      `models/t_${i}.sql`,
      "{{ config(materialized='table') }}\nselect i as id, i % 3 as kind from range(1000) t(i)\n",
    );
    yaml += `  - name: t_${i}\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n      - name: kind\n        data_tests: [not_null, {accepted_values: {arguments: {values: [0, 1, 2], quote: false}}}]\n`;
  }
  put('models/schema.yml', yaml);
}

/** One external Parquet model of `rows` rows. */
export function writeExternalProject(folder, rows) {
  const put = writerIn(folder);
  putSettings(put);
  put(
    'models/big.sql',
    `{{ config(materialized='external', location='lake/big.parquet') }}\nselect i as id, i % 1000 as account, (i * 7919) % 1000003 / 100.0 as amount, timestamp '2024-01-01' + interval (i) second as at, 'note ' || (i % 5000) as note from range(${rows}) t(i)\n`,
  );
}
