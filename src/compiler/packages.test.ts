/** What packages and their project do to each other: descriptions, macros, tests. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Manifest, ManifestNode } from './manifest.ts';
import { manifestBody } from './manifest-text.ts';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

async function parse(files: Record<string, string>): Promise<Manifest> {
  project = new ScratchProject({
    'packages.yml': 'packages: [{local: lib}]',
    'lib/dbt_project.yml': 'name: lib\nversion: "1.0"\n',
    ...files,
  });
  return (await project.parse()).manifest;
}

const settings = 'name: shop\nversion: "1.0"\nprofile: shop\n';

describe('a package’s description of a seed', () => {
  const files = {
    'seeds/rates.csv': 'id\n1\n',
    'lib/seeds/rates.csv': 'id\n2\n',
    'lib/seeds/rates.yml':
      'seeds: [{name: rates, description: by currency, config: {column_types: {id: varchar}}}]',
  };
  const described = (manifest: Manifest): unknown[] =>
    Object.values(manifest.nodes)
      .filter((node) => node.resource_type === 'seed')
      .map((node) => [node.unique_id, node.description, node.config['column_types']]);

  it('is that of the project’s own one when the package’s is off', async () => {
    const manifest = await parse({
      ...files,
      'dbt_project.yml': `${settings}seeds: {lib: {rates: {+enabled: false}}}\n`,
    });
    expect(described(manifest)).toEqual([['seed.shop.rates', 'by currency', { id: 'varchar' }]]);
  });

  it('stays with the package’s while that is on', async () => {
    const manifest = await parse({
      ...files,
      'dbt_project.yml': `${settings}seeds: {lib: {rates: {+schema: other}}}\n`,
    });
    expect(described(manifest)).toEqual([
      ['seed.shop.rates', '', {}],
      ['seed.lib.rates', 'by currency', { id: 'varchar' }],
    ]);
  });
});

describe('a macro', () => {
  const macros = [
    '{% macro outer(x) %}{{ adapter.dispatch("inner", "lib")(x) }}{{ shop.outer(x) }}{{ x.replace("a", "b") }}{% endmacro %}',
    '{% macro inner(x) %}{{ return(adapter.dispatch("inner", "lib")(x)) }}{% endmacro %}',
    '{% macro again(x) %}{{ again(x) }}{{ ref(x) }}{{ only_there(x) }}{% endmacro %}',
    '{% macro ref(x) %}{{ builtins.ref(x) }}{% endmacro %}',
  ];

  it('depends on what it names and dispatches to', async () => {
    const { macros: found } = await parse({
      'macros/all.sql': macros.join('\n'),
      'lib/macros/inner.sql':
        '{% macro default__inner(x) %}{{ x }}{% endmacro %}{% macro only_there(x) %}{% endmacro %}',
    });
    expect(found['macro.shop.outer']?.depends_on.macros).toEqual([
      'macro.shop.inner',
      'macro.lib.default__inner',
      'macro.shop.outer',
      'macro.dbt.replace',
    ]);
    expect(found['macro.shop.inner']?.depends_on.macros).toEqual(['macro.lib.default__inner']);
    expect(found['macro.shop.again']?.depends_on.macros).toEqual(['macro.lib.only_there']);
  });

  it('dispatches in a namespace that nobody has as in none', async () => {
    const { macros: found, nodes } = await parse({
      'lib/macros/m.sql':
        '{% macro sub(x) %}{{ return(adapter.dispatch("sub", "macros")(x)) }}{% endmacro %}{% macro default__sub(x) %}{{ config(alias=x) }}{% endmacro %}',
      'lib/models/m.sql': 'select 1 {{ sub("named") }}',
    });
    expect(found['macro.lib.sub']?.depends_on.macros).toEqual(['macro.lib.default__sub']);
    expect(nodes['model.lib.m']?.alias).toBe('named');
  });

  it.each([
    [true, ['x']],
    [false, []],
  ])('lists its arguments by the flag: %s', async (flag, expected) => {
    const { macros: found } = await parse({
      'dbt_project.yml': `${settings}flags: {validate_macro_args: ${flag}}\n`,
      'macros/all.sql': [...macros, '{% test even(x) %}select 1{% endtest %}'].join('\n'),
      'tests/generic/odd.sql': '{% test odd(model) %}select 1{% endtest %}',
    });
    expect(found['macro.shop.again']?.arguments.map(({ name }) => name)).toEqual(expected);
    expect(found['macro.shop.test_even']?.arguments.map(({ name }) => name)).toEqual(expected);
    expect(found['macro.shop.test_odd']?.arguments).toEqual([]);
  });
});

it('a seed has no more keys when it is disabled', async () => {
  const manifest = await parse({
    'dbt_project.yml': `${settings}seeds: {shop: {gone: {+enabled: false}}}\n`,
    'seeds/on.csv': 'id\n1\n',
    'seeds/gone.csv': 'id\n1\n',
  });
  const { nodes, disabled } = JSON.parse(`{${manifestBody(manifest)}`) as Manifest;
  const [gone] = disabled['seed.shop.gone'] ?? [];
  expect(Object.keys(gone ?? {})).toEqual(Object.keys(nodes['seed.shop.on'] ?? {}));
});

describe('a model', () => {
  it('has each source once when its calls can be read, and as often as it is called else', async () => {
    const twice = "{{ source('s', 't') }} {{ source('s', 't') }}";
    const { nodes } = await parse({
      'models/plain.sql': twice,
      'models/rendered.sql': `{% if true %}${twice}{% endif %}`,
      'models/s.yml': 'sources: [{name: s, tables: [{name: t}]}]',
    });
    expect(nodes['model.shop.plain']?.sources).toEqual([['s', 't']]);
    expect(nodes['model.shop.rendered']?.sources).toHaveLength(2);
  });

  it('has no line ends of YAML in what configures it', async () => {
    const { nodes } = await parse({
      'models/m.sql': 'select 1 as a',
      'models/m.yml':
        'models:\n  - name: m\n    description: |\n      Two\n    config:\n      schema: |\n        raw\n      meta: {a: b}\n',
    });
    const { description, schema, config } = nodes['model.shop.m'] as ManifestNode;
    expect([description, schema, config['schema']]).toEqual(['Two\n', 'main_raw', 'raw']);
  });

  it('has the tags of its file before those of its entry', async () => {
    const { nodes } = await parse({
      'dbt_project.yml': `${settings}models: {+tags: [all]}\n`,
      'models/m.sql': "{{ config(tags=['own', 'all']) }} select 1 as a",
      'models/m.yml': 'models: [{name: m, config: {tags: [entry]}}]',
    });
    expect(nodes['model.shop.m']?.tags).toEqual(['all', 'own', 'entry']);
  });

  it('has its primary key sorted', async () => {
    const tests = ['b', 'a'].map((name) => `{name: ${name}, data_tests: [unique, not_null]}`).join(', ');
    const { nodes } = await parse({
      'models/m.sql': 'select 1 as a, 2 as b',
      'models/m.yml': `models: [{name: m, columns: [${tests}]}]`,
    });
    expect(nodes['model.shop.m']?.primary_key).toEqual(['a', 'b']);
  });
});

describe('a test', () => {
  const files = {
    'models/m.sql': 'select 1 as id',
    'macros/above.sql':
      '{% macro limit() %}0{% endmacro %}{% test above(model, than) %}select * from {{ model }} where id <= {{ than }}{% endtest %}',
  };
  const only = (manifest: Manifest): ManifestNode | undefined =>
    Object.values(manifest.nodes).find((node) => node.resource_type === 'test');

  it('does not depend on macros that its arguments call', async () => {
    const manifest = await parse({
      ...files,
      'models/m.yml': 'models: [{name: m, data_tests: [{above: {arguments: {than: "{{ limit() }}"}}}]}]',
    });
    expect(only(manifest)?.depends_on.macros).toEqual([
      'macro.shop.test_above',
      'macro.dbt.get_where_subquery',
    ]);
  });

  it('of a package depends on the project’s test of that name, too', async () => {
    const manifest = await parse({
      ...files,
      'lib/macros/above.sql': '{% test above(model, than) %}select * from {{ model }}{% endtest %}',
      'models/m.yml': 'models: [{name: m, data_tests: [{lib.above: {arguments: {than: 1}}}]}]',
    });
    expect(only(manifest)?.depends_on.macros.slice(0, 2)).toEqual([
      'macro.shop.test_above',
      'macro.lib.test_above',
    ]);
  });

  it('of something that is missing depends on what is there', async () => {
    const manifest = await parse({
      ...files,
      'models/m.yml':
        'models: [{name: m, columns: [{name: id, data_tests: [{relationships: {arguments: {to: ref("gone"), field: id}}}]}]}]',
    });
    expect(only(manifest)?.config.enabled).toBe(false);
    expect(only(manifest)?.depends_on.nodes).toEqual(['model.shop.m']);
  });
});

it('has an overview of documentation when nobody wrote one: dbt’s site shows nothing without', async () => {
  const { docs } = await parse({ 'models/m.sql': 'select 1 as id' });
  expect(docs['doc.dbt.__overview__']?.block_contents).toContain('__overview__');
});
