/** Lineage in the manifest of a real project: through sources, ephemeral models, versions of what isn't built yet. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { build } from './build.ts';
import { compile } from './compile.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-lineage-'));
const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nversion: "1"\nprofile: shop\n',
  'profiles.yml': 'shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n',
  'data/prices.csv': 'item,price\na,1.5\n',
  'seeds/orders.csv': 'id,item,count\n1,a,2\n',
  'models/sources.yml': `sources:
  - name: files
    tables: [{name: prices, config: {meta: {external_location: "data/{name}.csv"}}}]
models:
  - name: totals
    config: {meta: {owner: me, boathouse: {note: kept}}}
`,
  'models/priced.sql':
    "{{ config(materialized='ephemeral') }} select o.*, p.price from {{ ref('orders') }} o join {{ source('files', 'prices') }} p using (item)",
  'models/totals.sql': "select id, price * count as total from {{ ref('priced') }}",
  'models/later.sql':
    "{{ config(materialized='incremental') }} select max(total), id from {{ ref('totals') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %} group by 2",
};
const here = { projectDir: folder, profilesDir: folder, env: {}, logPath: null };

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Noted {
  readonly meta: {
    readonly owner?: string;
    readonly boathouse?: {
      readonly note?: string;
      readonly column_lineage: Record<string, { unique_id: string; column: string }[]>;
    };
  };
}

function noted(id: string): Noted['meta'] & { readonly text: Record<string, string> } {
  const { nodes } = JSON.parse(readFileSync(join(folder, 'target/manifest.json'), 'utf8')) as {
    nodes: Record<string, Noted>;
  };
  const meta = nodes[id]?.meta ?? {};
  const text = Object.entries(meta.boathouse?.column_lineage ?? {}).map(
    ([name, from]) => [name, from.map((o) => `${o.unique_id}.${o.column}`).join(', ')] as const,
  );
  return { ...meta, text: Object.fromEntries(text) };
}

const totals = {
  id: 'seed.shop.orders.id',
  total: 'seed.shop.orders.count, source.shop.files.prices.price',
};

it('is there before anything is built, as far as names tell', async () => {
  await compile(here);
  expect(noted('model.shop.later').text).toEqual({
    'max(total)': 'model.shop.totals.total',
    id: 'model.shop.totals.id',
  });
});

it('is whole when parents stand, and leaves other meta alone', async () => {
  await build(here);
  await compile(here);
  const found = noted('model.shop.totals');
  expect(found.text).toEqual(totals);
  expect(found).toMatchObject({ owner: 'me', boathouse: { note: 'kept' } });
  expect(noted('model.shop.later').text).toEqual({
    'max(total)': 'model.shop.totals.total',
    id: 'model.shop.totals.id',
  });
});
