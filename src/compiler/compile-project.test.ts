import { afterEach, describe, expect, it } from 'vitest';
import { type BoathouseError, isBoathouseError } from '../base/index.ts';
import type { ManifestNode } from './manifest.ts';
import { type ScratchOptions, ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

async function parse(files: Record<string, string>, options?: ScratchOptions) {
  project = new ScratchProject(files);
  return project.parse(options);
}

async function failure(files: Record<string, string>): Promise<BoathouseError> {
  try {
    await parse(files);
  } catch (error) {
    if (isBoathouseError(error)) return error;
    throw error;
  }
  throw new Error('parsed without an error');
}

async function model(files: Record<string, string>, name = 'm'): Promise<ManifestNode> {
  const { manifest } = await parse(files);
  return manifest.nodes[`model.shop.${name}`] as ManifestNode;
}

const orders = { 'models/orders.sql': 'select 1 as id' };

describe('a mistake in a project', () => {
  it.each([
    [
      'an unknown ref',
      { ...orders, 'models/m.sql': "select *\nfrom {{ ref('ordres') }}" },
      'compiler.ref-not-found',
      "Did you mean 'orders'?",
      ['m.sql', 2, 9],
    ],
    [
      'an unknown source',
      {
        'models/s.yml': 'sources: [{name: raw, tables: [{name: events}]}]',
        'models/m.sql': "select * from {{ source('raw', 'event') }}",
      },
      'compiler.source-not-found',
      "Did you mean source('raw', 'events')?",
      ['m.sql', 1, 18],
    ],
    [
      'a version that is not there',
      {
        'models/dim_v1.sql': 'select 1',
        'models/s.yml': 'models: [{name: dim, versions: [{v: 1}]}]',
        'models/m.sql': "{{ ref('dim', v=3) }}",
      },
      'compiler.ref-not-found',
      'It has the versions 1.',
      ['m.sql', 1, 4],
    ],
    [
      'an unknown docs block',
      {
        ...orders,
        'models/d.md': '{% docs about %}x{% enddocs %}',
        'models/s.yml': 'models:\n  - name: orders\n    description: "{{ doc(\'abuot\') }}"',
      },
      'compiler.doc-not-found',
      "Did you mean 'about'?",
      undefined,
    ],
    [
      'a group nobody declares',
      { 'models/m.sql': "{{ config(group='fin') }} select 1" },
      'compiler.group-not-found',
      undefined,
      ['m.sql', 1, undefined],
    ],
    [
      'a private model of another group',
      {
        'models/p.sql': "{{ config(access='private', group='fin') }} select 1",
        'models/s.yml': 'groups: [{name: fin, owner: {name: x}}]',
        'models/m.sql': "{{ ref('p') }}",
      },
      'compiler.ref-not-allowed',
      'Change its access, or put both in one group.',
      ['m.sql', 1, 4],
    ],
    [
      'broken Jinja',
      { 'models/m.sql': 'select\n{{ 1 +' },
      'jinja.syntax',
      undefined,
      ['m.sql', 2, undefined],
    ],
    [
      'an access that does not exist',
      { 'models/m.sql': "{{ config(access='secret') }} select 1" },
      'compiler.bad-config',
      undefined,
      ['m.sql', 1, undefined],
    ],
    [
      'tags of the wrong type',
      { 'models/m.sql': '{{ config(tags=[1]) }} select 1' },
      'compiler.bad-config',
      undefined,
      ['m.sql', 1, undefined],
    ],
  ] as [
    string,
    Record<string, string>,
    string,
    string | undefined,
    [string, number, number | undefined] | undefined,
  ][])('is found and placed: %s', async (_, files, code, hint, place) => {
    const error = await failure(files);
    expect(error.code).toBe(code);
    if (hint !== undefined) expect(error.hint).toBe(hint);
    if (place === undefined) return;
    expect(error.location?.file.endsWith(place[0])).toBe(true);
    expect(error.location?.line).toBe(place[1]);
    if (place[2] !== undefined) expect(error.location?.column).toBe(place[2]);
  });

  it('names the path of a cycle', async () => {
    const error = await failure({
      'models/a.sql': "{{ ref('c') }}",
      'models/b.sql': "{{ ref('a') }}",
      'models/c.sql': "{{ ref('b') }}",
    });
    expect(error.code).toBe('compiler.cycle');
    expect(error.message).toContain('model.shop.a --> model.shop.c --> model.shop.b --> model.shop.a');
  });

  it.each([
    [
      'models',
      { 'models/a/m.sql': 'select 1', 'models/b/m.sql': 'select 2' },
      ['models/a/m.sql', 'models/b/m.sql'],
    ],
    [
      'macros',
      { 'macros/a.sql': '{% macro m() %}{% endmacro %}', 'macros/b.sql': '{% macro m() %}{% endmacro %}' },
      ['macros/a.sql', 'macros/b.sql'],
    ],
  ])('is two %s of one name', async (_, files, paths) => {
    const error = await failure(files);
    expect(error.code).toBe('compiler.duplicate-name');
    for (const path of paths) expect(error.message).toContain(path);
  });

  it('is a model and a seed of one name, where nothing tells their relations apart', async () => {
    const error = await failure({ 'models/m.sql': 'select 1', 'seeds/m.csv': 'a\n1' });
    expect(error.code).toBe('compiler.duplicate-relation');
    for (const path of ['models/m.sql', 'seeds/m.csv']) expect(error.message).toContain(path);
  });

  it('is two models of one relation', async () => {
    const error = await failure({ ...orders, 'models/m.sql': "{{ config(alias='orders') }} select 1" });
    expect(error.code).toBe('compiler.duplicate-relation');
  });

  it('is two descriptions of one model', async () => {
    const one = 'models: [{name: orders}]';
    const error = await failure({ ...orders, 'models/a.yml': one, 'models/b.yml': one });
    expect(error.code).toBe('compiler.duplicate-patch');
  });

  it('is only warned of when a description has no model', async () => {
    await parse({ ...orders, 'models/s.yml': 'models: [{name: ordres}]' });
    expect(project?.warnings.map((warning) => warning.code)).toEqual(['compiler.unused-patch']);
  });

  it('is warned of once when an unknown key looks like a known one', async () => {
    const sql = "{{ config(materialised='table', anything_else=1) }} select 1";
    await parse({ 'models/a.sql': sql, 'models/b.sql': sql });
    expect(project?.warnings).toHaveLength(1);
    expect(project?.warnings[0]?.hint).toContain("Did you mean 'materialized'?");
  });
});

describe('configuration', () => {
  const settings = (tree: string): string => `name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n${tree}`;

  it('goes from the project over the property file to the model', async () => {
    const node = await model({
      'dbt_project.yml': settings(
        '  shop:\n    +materialized: table\n    +tags: p\n    +meta: {a: 1, b: 1}\n    +alias: p',
      ),
      'models/s.yml': 'models: [{name: m, config: {tags: y, meta: {b: 2}, alias: y}}]',
      'models/m.sql': "{{ config(tags='m', alias='m_alias') }} select 1",
    });
    expect(node.config.materialized).toBe('table');
    expect(node.config.tags).toEqual(['p', 'y', 'm']);
    expect(node.meta).toEqual({ a: 1, b: 2 });
    expect(node.alias).toBe('m_alias');
  });

  it('reaches folders whose names are numbers', async () => {
    const node = await model({
      'dbt_project.yml':
        'name: shop\nversion: "1.0"\nprofile: shop\nmodels:\n  shop:\n    raw:\n      +tags: raw\n      +meta: {"b": 1, "1": 2}\n      "2024":\n        +materialized: table\n        +schema: "24"\n',
      'models/raw/2024/m.sql': 'select 1 as id',
    });
    expect([node.config.materialized, node.schema, node.tags]).toEqual(['table', 'main_24', ['raw']]);
    expect(Object.keys(node.config).filter((key) => /^\d/.test(key))).toEqual([]);
    expect(node.unrendered_config).toMatchObject({ materialized: 'table', schema: '24' });
    expect(node.config.meta).toEqual({ b: 1, '1': 2 });
  });

  it('is the same whether calls are read or rendered', async () => {
    const sql =
      "{{ config(tags=['a', 'b'], meta={'k': [1, none]}) }}{{ ref('orders') }}{{ source('s', 't') }}";
    const { manifest } = await parse({
      ...orders,
      'models/s.yml': 'sources: [{name: s, tables: [{name: t}]}]',
      'models/read.sql': sql,
      'models/rendered.sql': `{% set x = 1 %}${sql}`,
    });
    const facts = (name: string) => {
      const { config, refs, sources, depends_on, tags, meta, unrendered_config } = manifest.nodes[
        `model.shop.${name}`
      ] as ManifestNode;
      return { config, refs, sources, depends_on, tags, meta, unrendered_config };
    };
    expect(facts('read')).toEqual(facts('rendered'));
    expect(facts('read').depends_on.nodes).toEqual(['source.shop.s.t', 'model.shop.orders']);
  });

  it.each([
    [
      "{% macro generate_schema_name(custom_schema_name, node) %} {{ custom_schema_name or 'none' }}_{{ node.name }} {% endmacro %}",
      'schema',
      'x_m',
    ],
    [
      '{% macro default__generate_alias_name(custom_alias_name, node) %}{{ node.name }}_t{% endmacro %}',
      'alias',
      'm_t',
    ],
    [
      "{% macro generate_database_name(custom_database_name, node) %}{{ return('db2') }}{% endmacro %}",
      'database',
      'db2',
    ],
  ] as const)('takes names from a macro of the user: %s', async (macro, key, value) => {
    const node = await model({ 'macros/m.sql': macro, 'models/m.sql': "{{ config(schema='x') }} select 1" });
    expect(node[key]).toBe(value);
  });

  it('renders a model whose `ref` is a macro of the user', async () => {
    const node = await model({
      ...orders,
      'macros/ref.sql': "{% macro ref(name) %}{{ return(builtins.ref(name ~ 's')) }}{% endmacro %}",
      'models/m.sql': "select * from {{ ref('order') }}",
    });
    expect(node.depends_on.nodes).toEqual(['model.shop.orders']);
  });

  it('finds refs inside of macros and hooks', async () => {
    const node = await model({
      ...orders,
      'models/o2.sql': 'select 2',
      'macros/m.sql': "{% macro all() %}{{ ref('orders') }}{% endmacro %}",
      'models/m.sql': '{{ config(pre_hook="select * from {{ ref(\'o2\') }}") }} {{ all() }}',
    });
    expect(node.depends_on).toEqual({
      macros: ['macro.shop.all'],
      nodes: ['model.shop.orders', 'model.shop.o2'],
    });
  });
});

describe('a disabled model', () => {
  const files = {
    'models/gone.sql': '{{ config(enabled=false) }} select 1',
    'models/s.yml': 'models: [{name: gone, columns: [{name: id, data_tests: [unique]}]}]',
  };

  it('is kept apart, and its tests go with it', async () => {
    const { manifest } = await parse(files);
    expect(Object.keys(manifest.disabled)).toEqual(['model.shop.gone']);
    expect(Object.values(manifest.nodes).map((node) => [node.resource_type, node.config.enabled])).toEqual([
      ['test', false],
    ]);
  });

  it("can't be referred to", async () => {
    const error = await failure({ ...files, 'models/m.sql': "{{ ref('gone') }}" });
    expect(error.message).toContain("ref('gone'), which is disabled");
  });
});

describe('the parse cache', () => {
  const files = {
    ...orders,
    'models/m.sql': "{% set x = env_var('WHO', 'me') %}{{ config(tags=x) }}{{ ref('orders') }}",
  };
  const cached = { partialParse: true } as const;

  it('gives the same manifest when nothing has changed', async () => {
    const first = await parse(files, cached);
    const second = await (project as ScratchProject).parse(cached);
    expect([first.fromCache, second.fromCache]).toEqual([false, true]);
    expect(Buffer.from(second.manifestJson()).toString()).toBe(Buffer.from(first.manifestJson()).toString());
    expect(second.manifest.nodes).toEqual(first.manifest.nodes);
    expect(second.graph.order).toEqual(first.graph.order);
  });

  it.each([
    ['a file', (p: ScratchProject) => p.write('models/orders.sql', 'select 2 as id'), {}],
    ['a new file', (p: ScratchProject) => p.write('models/n.sql', 'select 2 as id'), {}],
    [
      'a property file',
      (p: ScratchProject) => p.write('models/s.yml', 'models: [{name: m, description: x}]'),
      {},
    ],
    ['a macro', (p: ScratchProject) => p.write('macros/m.sql', '{% macro x() %}{% endmacro %}'), {}],
    [
      'the settings',
      (p: ScratchProject) => p.write('dbt_project.yml', 'name: shop\nversion: "2.0"\nprofile: shop'),
      {},
    ],
    ['a variable', () => {}, { vars: { v: 1 } }],
    ['an environment variable that was read', () => {}, { env: { WHO: 'you' } }],
  ] as [string, (p: ScratchProject) => void, ScratchOptions][])(
    'does not hold when %s has changed',
    async (_, change, options) => {
      await parse(files, cached);
      change(project as ScratchProject);
      expect((await (project as ScratchProject).parse({ ...cached, ...options })).fromCache).toBe(false);
    },
  );

  it('holds when an environment variable has changed that nobody read', async () => {
    await parse(files, cached);
    expect((await (project as ScratchProject).parse({ ...cached, env: { OTHER: 'x' } })).fromCache).toBe(
      true,
    );
  });

  it('depends on flags only where they are looked at', async () => {
    await parse(
      { 'models/m.sql': '{% if flags.FULL_REFRESH %}{% endif %} select 1' },
      { ...cached, flags: { A: 1 } },
    );
    const parseWith = async (flags: Record<string, unknown>) =>
      (project as ScratchProject).parse({ ...cached, flags });
    expect((await parseWith({ A: 1 })).fromCache).toBe(true);
    expect((await parseWith({ A: 2 })).fromCache).toBe(false);
  });

  it('is not kept for projects that look at the clock while parsing', async () => {
    await parse({ 'models/m.sql': '{% set x = run_started_at %}select 1' }, cached);
    expect((await (project as ScratchProject).parse(cached)).fromCache).toBe(false);
  });

  it('is not used when it was cut short', async () => {
    await parse(files, cached);
    const scratch = project as ScratchProject;
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(`${scratch.folder}/target/boathouse_parse.json`, 'utf8');
    scratch.write('target/boathouse_parse.json', text.slice(0, -10));
    expect((await scratch.parse(cached)).fromCache).toBe(false);
  });

  it('keeps whole floats apart from integers', async () => {
    const yaml = 'models: [{name: orders, data_tests: [{at_least: {arguments: {x: 1.0, y: 1}}}]}]';
    const macro = '{% test at_least(model, x, y) %}select {{ x }}, {{ y }}{% endtest %}';
    const codeOf = async (c: Awaited<ReturnType<typeof parse>>): Promise<string> => {
      const id = c.graph.order.find((one) => one.startsWith('test.')) as string;
      return (await c.compileNode(id, undefined)).code;
    };
    const first = await parse({ ...orders, 'models/s.yml': yaml, 'tests/generic/t.sql': macro }, cached);
    expect(Buffer.from(first.manifestJson()).toString()).toContain('"x":1.0,"y":1');
    const second = await (project as ScratchProject).parse(cached);
    expect(second.fromCache).toBe(true);
    expect([await codeOf(first), await codeOf(second)]).toEqual(['select 1.0, 1', 'select 1.0, 1']);
  });
});
