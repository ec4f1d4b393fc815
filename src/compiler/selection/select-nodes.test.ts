import { describe, expect, it } from 'vitest';
import type { Selector, SelectorDefinition } from '../../project/index.ts';
import type { Manifest, ManifestMacro } from '../manifest.ts';
import { sampleManifest } from './scratch-manifest.ts';
import { planSelection, type SelectionSpec, selectNodes } from './select-nodes.ts';

const shop = sampleManifest([
  { id: 'source.shop.raw.orders', path: 'models/staging/sources.yml', tags: ['raw'] },
  { id: 'seed.shop.countries', path: 'seeds/countries.csv' },
  {
    id: 'model.shop.stg_orders',
    parents: ['source.shop.raw.orders'],
    path: 'models/staging/stg_orders.sql',
    tags: ['nightly', 'core'],
    config: { materialized: 'view', tags: ['nightly', 'core'], meta: { owner: 'ann' } },
    more: { patch_path: 'shop://models/staging/_staging.yml', access: 'protected' },
  },
  {
    id: 'model.shop.orders',
    parents: ['model.shop.stg_orders', 'seed.shop.countries'],
    path: 'models/marts/orders.sql',
    config: { materialized: 'table', group: 'finance', meta: { pii: true } },
    more: { access: 'public' },
  },
  { id: 'model.tools.calendar', path: 'models/calendar.sql', config: { materialized: 'view' } },
  {
    id: 'model.shop.dim.v1',
    path: 'models/dim_v1.sql',
    more: { name: 'dim', version: 1, latest_version: 2 },
  },
  {
    id: 'model.shop.dim.v2',
    path: 'models/dim_v2.sql',
    more: { name: 'dim', version: 2, latest_version: 2 },
  },
  { id: 'model.shop.empty', path: 'models/empty.sql', more: { raw_code: '  \n' } },
  { id: 'model.shop.off', path: 'models/off.sql', config: { enabled: false } },
  {
    id: 'test.shop.not_null_orders_id.0a1b2c3d4e',
    parents: ['model.shop.orders'],
    path: 'models/marts/_marts.yml',
    config: { severity: 'ERROR' },
    more: { name: 'not_null_orders_id', test_metadata: { name: 'not_null', kwargs: {}, namespace: null } },
  },
  {
    id: 'test.shop.rel.0a1b2c3d4f',
    parents: ['model.shop.orders', 'model.shop.stg_orders'],
    path: 'models/marts/_marts.yml',
    config: { severity: 'warn' },
    more: { test_metadata: { name: 'relationships', kwargs: {}, namespace: null } },
  },
  { id: 'test.shop.singular', parents: ['model.shop.stg_orders'], path: 'tests/singular.sql' },
  { id: 'unit_test.shop.orders.adds_up', parents: ['model.shop.orders'], path: 'models/marts/_marts.yml' },
  { id: 'exposure.shop.board', parents: ['model.shop.orders'], path: 'models/exposures.yml' },
]);

const names = (ids: Iterable<string>): string[] =>
  [...ids].map((id) => id.split('.').slice(2).join('.')).sort();
const pick = (spec: SelectionSpec): string[] =>
  names(selectNodes(shop, { indirectSelection: 'empty', ...spec }));

describe('selection methods', () => {
  it.each([
    ['a name', 'stg_orders', ['stg_orders']],
    ['a name with a wildcard', '*rders', ['orders', 'stg_orders']],
    ['folders as a path of names', 'shop.staging', ['stg_orders']],
    ['folders without the package', 'staging.stg_orders', ['stg_orders']],
    ['a tag', 'tag:nightly', ['stg_orders']],
    ['a tag with a wildcard', 'tag:r*', ['raw.orders']],
    ['a source', 'source:raw', ['raw.orders']],
    ['a table of a source', 'source:raw.orders', ['raw.orders']],
    ['a package', 'package:tools', ['calendar']],
    ['a folder', 'path:models/staging', ['raw.orders', 'stg_orders']],
    ['a folder with a slash at its end', 'models/staging/', ['raw.orders', 'stg_orders']],
    ['a file that has a slash', 'models/marts/orders.sql', ['orders']],
    ['a property file, for what it describes', 'path:models/staging/_staging.yml', ['stg_orders']],
    ['any depth of folders', 'path:models/**/orders.sql', ['orders']],
    ['a file', 'orders.sql', ['orders']],
    ['a file without its ending', 'file:orders', ['orders']],
    ['a configuration', 'config.materialized:table', ['orders']],
    ['a configuration inside another', 'config.meta.owner:ann', ['stg_orders']],
    ['a boolean configuration', 'config.meta.pii:TRUE', ['orders']],
    ['a member of a list configuration', 'config.tags:core', ['stg_orders']],
    ['a severity in any case', 'config.severity:WARN', ['rel.0a1b2c3d4f']],
    ['a group', 'group:finance', ['orders']],
    ['an access', 'access:public', ['orders']],
    ['a resource type', 'resource_type:seed', ['countries']],
    ['generic tests', 'test_type:generic', ['not_null_orders_id.0a1b2c3d4e', 'rel.0a1b2c3d4f']],
    ['singular tests', 'test_type:singular', ['singular']],
    ['unit tests', 'test_type:unit', ['orders.adds_up']],
    ['a generic test', 'test_name:not_null', ['not_null_orders_id.0a1b2c3d4e']],
    ['an exposure', 'exposure:board', ['board']],
    ['a unit test by name', 'unit_test:adds_up', ['orders.adds_up']],
    ['the latest versions', 'version:latest', ['dim.v2']],
    ['old versions', 'version:old', ['dim.v1']],
    ['all versions by name', 'dim', ['dim.v1', 'dim.v2']],
    ['one version with a dot', 'dim.v1', ['dim.v1']],
    ['one version with an underscore', 'dim_v2', ['dim.v2']],
  ])('find %s', (_, select, expected) => {
    expect(pick({ select: [select] })).toEqual(expected);
  });

  it('take `this` for the project itself', () => {
    expect(pick({ select: ['package:this'] })).not.toContain('calendar');
    expect(pick({ select: ['package:this'] })).toContain('orders');
  });

  it('never find what is disabled or has no code', () => {
    expect(pick({})).not.toContain('off');
    expect(pick({})).not.toContain('empty');
  });
});

describe('graph operators', () => {
  it.each([
    ['parents', '+orders', ['countries', 'orders', 'raw.orders', 'stg_orders']],
    ['parents up to a depth', '1+orders', ['countries', 'orders', 'stg_orders']],
    [
      'children',
      'orders+',
      ['board', 'not_null_orders_id.0a1b2c3d4e', 'orders', 'orders.adds_up', 'rel.0a1b2c3d4f'],
    ],
    ['children up to a depth', 'source:raw+1', ['raw.orders', 'stg_orders']],
    ['nothing more with depth 0', '0+orders', ['orders']],
  ])('add %s', (_, select, expected) => {
    expect(pick({ select: [select] })).toEqual(expected);
  });

  it('@ adds children and everything those need', () => {
    expect(pick({ select: ['@countries'] })).toEqual(
      expect.arrayContaining(['board', 'countries', 'orders', 'raw.orders', 'stg_orders']),
    );
  });
});

describe('sets', () => {
  it.each([
    ['a space is a union', { select: ['orders calendar'] }, ['calendar', 'orders']],
    ['entries are a union', { select: ['orders', 'calendar'] }, ['calendar', 'orders']],
    ['a comma is an intersection', { select: ['+orders,tag:nightly'] }, ['stg_orders']],
    [
      'exclude takes away',
      { select: ['+orders'], exclude: ['stg_orders', 'tag:raw'] },
      ['countries', 'orders'],
    ],
    ['types filter at the end', { select: ['+orders'], resourceTypes: ['seed' as const] }, ['countries']],
    [
      'types can be left out',
      { select: ['+orders'], excludeResourceTypes: ['model' as const] },
      ['countries', 'raw.orders'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(pick(spec)).toEqual(expected);
  });
});

describe('indirect selection', () => {
  const tests = (
    indirectSelection: 'eager' | 'cautious' | 'buildable' | 'empty',
    select: string[],
  ): string[] => names(selectNodes(shop, { select, indirectSelection, resourceTypes: ['test'] }));

  it.each([
    [
      'eager takes every test that touches the selection',
      'eager',
      ['orders'],
      ['not_null_orders_id.0a1b2c3d4e', 'rel.0a1b2c3d4f'],
    ],
    ['cautious waits for all parents', 'cautious', ['orders'], ['not_null_orders_id.0a1b2c3d4e']],
    [
      'cautious takes a test when a union completes its parents',
      'cautious',
      ['orders', 'stg_orders'],
      ['not_null_orders_id.0a1b2c3d4e', 'rel.0a1b2c3d4f', 'singular'],
    ],
    [
      'buildable counts ancestors as there',
      'buildable',
      ['orders'],
      ['not_null_orders_id.0a1b2c3d4e', 'rel.0a1b2c3d4f'],
    ],
    ['empty takes none', 'empty', ['orders'], []],
  ] as const)('%s', (_, mode, select, expected) => {
    expect(tests(mode, [...select])).toEqual(expected);
  });
});

const at = { file: 'selectors.yml', line: 1 };
const criterion = (method: string, value: unknown, more: object = {}): SelectorDefinition => ({
  kind: 'criterion',
  method,
  value,
  parents: false,
  parentsDepth: undefined,
  children: false,
  childrenDepth: undefined,
  childrensParents: false,
  indirectSelection: undefined,
  exclude: [],
  location: at,
  ...more,
});
const selector = (name: string, definition: SelectorDefinition, isDefault = false): Selector => ({
  name,
  definition,
  isDefault,
  description: '',
  raw: {},
  location: at,
});

describe('selectors of selectors.yml', () => {
  const selectors = [
    selector('staged', { kind: 'text', text: 'path:models/staging', location: at }),
    selector('upstream', criterion('fqn', 'orders', { parents: true, parentsDepth: 1 })),
    selector(
      'both',
      {
        kind: 'union',
        members: [{ kind: 'inherit', name: 'staged', location: at }, criterion('config.meta.pii', true)],
        exclude: [criterion('source', 'raw')],
        location: at,
      },
      true,
    ),
  ];

  it.each([
    ['a text', 'staged', ['raw.orders', 'stg_orders']],
    ['a criterion with parents', 'upstream', ['countries', 'orders', 'stg_orders']],
    ['a union that inherits and excludes', 'both', ['orders', 'stg_orders']],
  ])('%s', (_, name, expected) => {
    expect(pick({ selector: name, selectors })).toEqual(expected);
  });

  it('count as a method, too', () => {
    expect(pick({ select: ['selector:upstream,tag:core'], selectors })).toEqual(['stg_orders']);
  });

  it('have a default for commands that select nothing', () => {
    expect(pick({ selectors })).toEqual(['orders', 'stg_orders']);
    expect(pick({ selectors, select: ['calendar'] })).toEqual(['calendar']);
  });

  it('are named when one is missing', () => {
    expect(() => pick({ selector: 'upsteam', selectors })).toThrow(
      expect.objectContaining({ code: 'compiler.unknown-selector', hint: "Did you mean 'upstream'?" }),
    );
  });

  it('are located when a criterion in one is wrong', () => {
    const wrong = [selector('x', criterion('tga', 'nightly'))];
    expect(() => pick({ selector: 'x', selectors: wrong })).toThrow(
      expect.objectContaining({ code: 'compiler.bad-selector', location: at, hint: "Did you mean 'tag'?" }),
    );
  });
});

describe('a selection that can’t be', () => {
  it.each([
    ['an unknown method', 'tga:nightly', 'compiler.bad-selector'],
    ['both @ and a final +', '@orders+', 'compiler.bad-selector'],
    ['too many dots', 'source:a.b.c.d', 'compiler.bad-selector'],
    ['an unknown test type', 'test_type:genric', 'compiler.bad-selector'],
    ['an unknown resource type', 'resource_type:modle', 'compiler.bad-selector'],
    ['nothing between commas', 'orders,,x', 'compiler.bad-selector'],
    ['nothing behind the method', 'tag:', 'compiler.bad-selector'],
    ['state without one', 'state:modified', 'compiler.no-state'],
    ['results without any', 'result:error', 'compiler.no-state'],
  ])('%s', (_, select, code) => {
    expect(() => pick({ select: [select] })).toThrow(expect.objectContaining({ code }));
  });
});

describe('a selection that finds nothing', () => {
  it.each([
    ['a name', 'ordres', "Did you mean 'orders'?"],
    ['a tag', 'tag:nihgtly', "Did you mean 'tag:nightly'?"],
    ['a source', 'source:rwa', "Did you mean 'source:raw'?"],
    ['a folder', 'path:models/stagin', "Did you mean 'path:models/staging'?"],
  ])('warns with the nearest %s', (_, select, hint) => {
    const { ids, warnings } = planSelection(shop, { select: [select, 'calendar'] });
    expect(names(ids)).toEqual(['calendar']);
    expect(warnings).toMatchObject([{ code: 'compiler.nothing-selected', hint }]);
  });

  it('says nothing about a whole project', () => {
    expect(planSelection(shop, {}).warnings).toEqual([]);
  });
});

describe('state', () => {
  const before = sampleManifest([
    { id: 'model.shop.same' },
    { id: 'model.shop.edited' },
    { id: 'model.shop.configured', more: { unrendered_config: { materialized: 'view' } } },
  ]);
  const now = sampleManifest([
    { id: 'model.shop.same' },
    { id: 'model.shop.edited', more: { raw_code: 'select 2' } },
    { id: 'model.shop.configured', more: { unrendered_config: { materialized: 'table' } } },
    { id: 'model.shop.added' },
  ]);
  const state = { manifest: before, results: [{ unique_id: 'model.shop.same', status: 'error' }] };
  it.each([
    ['state:new', ['added']],
    ['state:old', ['configured', 'edited', 'same']],
    ['state:modified', ['added', 'configured', 'edited']],
    ['state:unmodified', ['same']],
    ['state:modified.body', ['added', 'edited']],
    ['state:modified.configs', ['added', 'configured']],
    ['result:error', ['same']],
  ])('%s', (select, expected) => {
    expect(names(selectNodes(now, { select: [select], state }))).toEqual(expected);
  });

  it.each([
    ['macro.shop.m', 'select 1', 'select 2', ['user']],
    ['macro.shop.m', 'select\r\n1', 'select\n1', []],
    ['macro.dbt.m', 'dbt’s words', 'our words', []],
  ])('%s, once %j and then %j, makes modified: %j', (id, was, is, expected) => {
    const user = { id: 'model.shop.user', more: { depends_on: { nodes: [], macros: [id] } } };
    const withMacro = (text: string): Manifest => ({
      ...sampleManifest([user]),
      macros: { [id]: { macro_sql: text, depends_on: { macros: [] } } as unknown as ManifestMacro },
    });
    const given = { select: ['state:modified.macros'], state: { manifest: withMacro(was), results: [] } };
    expect(names(selectNodes(withMacro(is), given))).toEqual(expected);
  });
});
