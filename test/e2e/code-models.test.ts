// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are programs, and the braces are theirs.
/** Models that are programs: every form of result in every materialization, and what goes wrong in them. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Folder, project } from './command.ts';

const root = resolve(import.meta.dirname, '../..');
let folder = new Folder();
beforeEach(() => {
  folder.put(project('shop'));
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(root, join(folder.path, 'node_modules/boathouse'));
  symlinkSync(join(root, 'node_modules/apache-arrow'), join(folder.path, 'node_modules/apache-arrow'));
});
afterEach(() => {
  folder.remove();
  folder = new Folder();
});

/** Bodies that give the rows of `range(from, from + 3)`, in each form that a model may return. */
const forms: Readonly<Record<string, string>> = {
  rows: 'return [0, 1, 2].map((i) => ({ id: from + i, name: `n${from + i}` }));',
  generator:
    'return (function* () { for (let i = 0; i < 3; i += 1) yield { id: from + i, name: `n${from + i}` }; })();',
  stream:
    "return (async function* () { for await (const { i } of session.stream('select i from range(3) t(i)')) yield { id: from + Number(i), name: `n${from + Number(i)}` }; })();",
  arrow:
    'return tableFromArrays({ id: BigInt64Array.from([0, 1, 2], (i) => BigInt(from + i)), name: [0, 1, 2].map((i) => `n${from + i}`) });',
  batches:
    'return tableFromArrays({ id: BigInt64Array.from([0, 1, 2], (i) => BigInt(from + i)), name: [0, 1, 2].map((i) => `n${from + i}`) }).batches;',
  relation: "return sql`select i + ${from} as id, 'n' || (i + ${from}) as name from range(3) t(i)`;",
  query: "return `select i + ${from} as id, 'n' || (i + ${from}) as name from range(3) t(i);`;",
};

const kinds: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  table: { materialized: 'table' },
  view: { materialized: 'view' },
  append: { materialized: 'incremental', incremental_strategy: 'append' },
  replaced: { materialized: 'incremental', unique_key: 'id' },
  merged: { materialized: 'incremental', incremental_strategy: 'merge', unique_key: 'id' },
  external: { materialized: 'external' },
  delta: { materialized: 'table', format: 'delta' },
  delta_append: { materialized: 'incremental', format: 'delta', incremental_strategy: 'append' },
  delta_replaced: {
    materialized: 'incremental',
    format: 'delta',
    unique_key: 'id',
    incremental_strategy: 'delete+insert',
  },
  delta_merged: {
    materialized: 'incremental',
    format: 'delta',
    incremental_strategy: 'merge',
    unique_key: 'id',
  },
};

function model(form: string, config: Readonly<Record<string, unknown>>): string {
  return `import type { ModelContext } from 'boathouse';
import { tableFromArrays } from 'apache-arrow';
export const config = ${JSON.stringify(config)} as const;
void tableFromArrays;
export default async function model({ sql, session, vars, isIncremental }: ModelContext) {
  void sql; void session;
  const from: number = isIncremental ? Number(vars['from'] ?? 2) : 0;
  ${forms[form]}
}
`;
}

describe('a model that is a program', () => {
  it('gives its rows in every form to every materialization', async () => {
    const names: [string, string][] = [];
    for (const form of Object.keys(forms)) {
      for (const [kind, config] of Object.entries(kinds)) {
        if (kind === 'view' && form !== 'relation' && form !== 'query') continue;
        names.push([`${form}_${kind}`, kind]);
        folder.put({ [`models/${form}_${kind}.ts`]: model(form, config) });
      }
    }
    await folder.ok('run', '--threads', '2');
    await folder.ok('run', '--threads', '2');
    const ids: Readonly<Record<string, string>> = { append: '0,1,2,2,3,4', delta_append: '0,1,2,2,3,4' };
    const rows = await folder.rows(
      names
        .map(
          ([name]) =>
            `select '${name}' as model, string_agg(id, ',' order by id) as ids, bool_and(name = 'n' || id) as same, any_value(typeof(id)) as type from ${name}`,
        )
        .join(' union all '),
    );
    const wanted = names.map(([name, kind]) => ({
      model: name,
      ids: ids[kind] ?? (/replaced|merged/.test(kind) ? '0,1,2,3,4' : '0,1,2'),
      same: true,
      type: 'BIGINT',
    }));
    expect(rows.toSorted(byModel)).toEqual(wanted.toSorted(byModel));
  }, 240_000);

  it('reads what it refers to, and is tested, documented and listed like any other', async () => {
    folder.put({
      'models/numbers.sql':
        "select i as id, i % 2 = 0 as even, timestamp '2026-01-01' as at, [i] as list, {x: i} as s from range(3000) t(i)",
      'models/eph.sql':
        "{{ config(materialized='ephemeral') }} select * from {{ ref('numbers') }} where even",
      'models/lib/half.ts': 'export const half = (x: bigint): number => Number(x) / 2;\n',
      'models/streamed.ts': `import { defineModel } from 'boathouse';
import { half } from './lib/half.js';
enum Kind { Even = 'even' }
export default defineModel(async function* ({ ref, this: self }) {
  for await (const row of ref<{ id: bigint; at: unknown; list: bigint[]; s: { x: bigint } }>('eph'))
    yield { ...row, half: half(row.id), kind: Kind.Even, made: self.identifier, same: row.s.x === row.list[0] };
});
`,
      'models/schema.yml':
        'models:\n  - name: streamed\n    description: halves\n    config: { tags: [ts] }\n    columns: [{ name: half, data_type: "decimal(10,1)", data_tests: [not_null, unique] }]\n',
    });
    const built = await folder.ok('build');
    expect(built.output).toContain('PASS=4');
    expect(
      await folder.rows(
        'select count(*)::int as n, max(half)::varchar as half, any_value(typeof(half)) as type, any_value(typeof("at")) as "at", any_value(kind) as kind, any_value(made) as made, bool_and(same) as same from streamed',
      ),
    ).toEqual([
      {
        n: 1500,
        half: '1499.0',
        type: 'DECIMAL(10,1)',
        at: 'TIMESTAMP',
        kind: 'even',
        made: 'streamed',
        same: true,
      },
    ]);
    const listed = await folder.ok(
      'ls',
      '--select',
      '+streamed',
      '--resource-type',
      'model',
      '--output',
      'name',
      '--quiet',
    );
    expect(listed.stdout.trim().split('\n').toSorted()).toEqual(['eph', 'numbers', 'streamed']);
    // A file that it imports is a part of it.
    folder.put({ 'models/lib/half.ts': 'export const half = (x: bigint): number => Number(x) / 4;\n' });
    await folder.ok('run', '--select', 'streamed');
    expect(await folder.rows('select max(half)::varchar as half from streamed')).toEqual([{ half: '749.5' }]);
  }, 120_000);

  it.each<[string, Record<string, string>, string[]]>([
    [
      'throws',
      {
        'models/m.ts':
          'function inner(x: number): never {\n  throw new RangeError(`no ${x}`);\n}\nexport default () => inner(1);\n',
      },
      ['targets.code-failed', 'RangeError: no 1', 'models/m.ts:2:9', 'called from'],
    ],
    [
      'asks what the engine refuses',
      {
        'models/m.ts':
          "export default async ({ session }) => {\n  return await session.query('select nope');\n};\n",
      },
      ['duckdb.binder', 'models/m.ts:2:'],
    ],
    [
      'returns a value that no column holds',
      { 'models/m.ts': "export default () => [{ a: 1 }, { a: 'x' }];\n" },
      ['targets.value-not-storable', "row 2, column 'a'", "'x'"],
    ],
    [
      'returns a function among its values',
      { 'models/m.ts': 'export default () => [{ a: 1 }, { a: () => 1 }];\n' },
      ['targets.value-not-storable', "row 2, column 'a'"],
    ],
    [
      'returns what its declared type does not hold',
      {
        'models/m.ts': "export default () => [{ a: '1' }, { a: 'x' }];\n",
        'models/m.yml': 'models: [{ name: m, columns: [{ name: a, data_type: integer }] }]\n',
      },
      ['targets.value-not-storable', "row 2, column 'a': 'x'", 'INTEGER'],
    ],
    [
      'returns rows as a view',
      {
        'models/m.ts': "export const config = { materialized: 'view' };\nexport default () => [{ a: 1 }];\n",
      },
      ['targets.view-needs-query'],
    ],
    [
      'returns nothing at all',
      { 'models/m.ts': 'export default () => undefined;\n' },
      ['targets.code-failed', 'this one returned undefined'],
    ],
    [
      'returns no rows and declares no columns',
      { 'models/m.ts': 'export default () => [];\n' },
      ['targets.no-columns'],
    ],
    [
      'leaves the process',
      { 'models/m.ts': 'export default () => process.exit(3);\n' },
      ['targets.code-stopped', 'process.exit(3)'],
    ],
    [
      'refers to what nobody could see',
      {
        'models/m.ts':
          "const read = (context: any, name: string) => context.ref(name);\nexport default (context: any) => read(context, 'fine');\n",
      },
      ['targets.undeclared-in-code', "ref('fine')"],
    ],
    [
      'breaks its contract',
      {
        'models/m.ts': 'export default () => [{ a: 1 }];\n',
        'models/m.yml':
          'models: [{ name: m, config: { contract: { enforced: true } }, columns: [{ name: a, data_type: bigint }, { name: b, data_type: varchar }] }]\n',
      },
      ['targets.contract-broken'],
    ],
  ])(
    'fails alone when it %s',
    async (_, files, wanted) => {
      folder.put({ 'models/fine.sql': 'select 1 as id', ...files });
      const result = await folder.run('run');
      expect(result.code, result.output).toBe(1);
      expect(result.output).toContain('PASS=1 WARN=0 ERROR=1');
      for (const text of wanted) expect(result.output).toContain(text);
    },
    60_000,
  );

  it('has no unit tests, and says so', async () => {
    folder.put({
      'models/m.ts': 'export default () => [{ a: 1 }];\n',
      'models/m.yml':
        'unit_tests:\n  - name: u\n    model: m\n    given: []\n    expect: { rows: [{ a: 1 }] }\n',
    });
    const result = await folder.run('build');
    expect(result.output).toContain('targets.untestable-code');
  }, 60_000);

  it('makes an empty table of the columns that are declared', async () => {
    folder.put({
      'models/m.ts': 'export default () => [];\n',
      'models/m.yml':
        'models: [{ name: m, columns: [{ name: a, data_type: date }, { name: b, data_type: "decimal(9,2)" }] }]\n',
    });
    await folder.ok('run');
    expect(await folder.rows('select column_name as name, column_type as type from (describe m)')).toEqual([
      { name: 'a', type: 'DATE' },
      { name: 'b', type: 'DECIMAL(9,2)' },
    ]);
  }, 60_000);

  it('widens its columns as rows need it, and says what it printed', async () => {
    folder.put({
      'models/m.ts':
        'export default function* () {\n  console.log("begins");\n  for (let i = 0; i < 5000; i += 1) yield i < 3000 ? { a: i, b: null } : { a: i + 0.5, b: new Date(0), c: [i] };\n}\n',
    });
    const { output } = await folder.ok('run');
    expect(output).toContain('m: begins');
    expect(
      await folder.rows(
        'select any_value(typeof(a)) as a, any_value(typeof(b)) as b, any_value(typeof(c)) as c, count(c)::int as n from m',
      ),
    ).toEqual([{ a: 'DOUBLE', b: 'TIMESTAMP', c: 'BIGINT[]', n: 2000 }]);
  }, 60_000);

  it('computes a microbatch model once for each batch, from what is in it', async () => {
    folder.put({
      'models/events.sql':
        "{{ config(event_time='happened') }} select i as id, timestamp '2026-01-01' + to_hours(i::int * 12) as happened from range(6) t(i)",
      'models/daily.ts': `export const config = { materialized: 'incremental', incremental_strategy: 'microbatch', event_time: 'happened', begin: '2026-01-01', batch_size: 'day' };
export default async ({ ref, batch }) => (await ref('events').rows()).map((row) => ({ ...row, batch: batch.id }));
`,
    });
    await folder.ok('run', '--event-time-start', '2026-01-01', '--event-time-end', '2026-01-04');
    expect(
      await folder.rows('select batch, count(*)::int as n from daily group by all order by all'),
    ).toEqual([
      { batch: '20260101', n: 2 },
      { batch: '20260102', n: 2 },
      { batch: '20260103', n: 2 },
    ]);
  }, 60_000);

  it('is stopped by an interruption, even in a loop that never ends', async () => {
    folder.put({ 'models/m.ts': 'export default () => {\n  console.log("loops");\n  for (;;);\n};\n' });
    const child = folder.start('run');
    let output = '';
    const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
    const wait = setTimeout(() => child.kill('SIGINT'), 3000);
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
    });
    expect(await ended, output).toBe(130);
    clearTimeout(wait);
  }, 60_000);

  it('in Python says how Python is chosen', async () => {
    folder.put({
      'models/p.py': 'def model(dbt, session):\n    return dbt.ref("fine")\n',
      'models/fine.sql': 'select 1 as id',
    });
    folder.env['BOATHOUSE_PYTHON'] = '';
    const result = await folder.run('run');
    expect(result.output).toContain('targets.no-python');
    folder.env['BOATHOUSE_PYTHON'] = 'no-such-python';
    expect((await folder.run('run')).output).toContain('targets.python-not-found');
  }, 60_000);
});

function byModel(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number {
  return String(a['model']) < String(b['model']) ? -1 : 1;
}
