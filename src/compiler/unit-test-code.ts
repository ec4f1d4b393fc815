/**
 * The SQL of a unit test: the model's own, reading fixtures instead of its parents, beside what is expected of it.
 *
 * A fixture is a CTE named as that of an ephemeral model. Its columns are those of the relation that it stands
 * for; columns that a row doesn't give are null.
 */
import { Dict, type Value } from '../jinja/index.ts';
import type { Project } from '../project/index.ts';
import type { Engine, RenderExtras } from './compilation.ts';
import { defaultConfig } from './config-defaults.ts';
import { Relation } from './context/index.ts';
import { injectCtes } from './ephemeral.ts';
import { compilerErrors } from './errors.ts';
import type {
  Manifest,
  ManifestNode,
  ManifestSource,
  ManifestUnitTest,
  NodeConfig,
  Plain,
} from './manifest.ts';
import { fromPlain } from './plain-values.ts';
import type { RefLookup } from './ref-lookup.ts';
import { cteName, ownRelation, relationOf } from './relation-of.ts';
import { refOfCall, staticCalls } from './static-calls.ts';
import { unitTestPlace } from './unit-test-place.ts';
import type { WarehouseColumn } from './warehouse.ts';

/** What a fixture stands for. */
export type FixtureTarget = ManifestNode | ManifestSource;

/** One fixture of a unit test. */
export interface UnitTestFixture {
  /** `ref('orders')` as written; `expect` for what is expected. */
  readonly input: string;
  /** Where its rows stand in the property file, for errors. */
  readonly path: readonly (string | number)[];
  /** Rows by column; empty for rows as SQL. */
  readonly rows: readonly Plain[];
  /** The columns that rows may have. */
  readonly columns: readonly WarehouseColumn[];
}

/** A unit test as SQL. */
export interface UnitTestCode {
  readonly test: ManifestUnitTest;
  /** Stands for the test where templates ask for `model`. */
  readonly node: ManifestNode;
  /** The model's SQL over the fixtures. */
  readonly code: string;
  /** The fixtures that the model reads. */
  readonly fixtures: readonly UnitTestFixture[];
}

/** What compiling a unit test needs. */
export interface UnitTestTools {
  readonly project: Project;
  readonly manifest: Manifest;
  readonly lookup: RefLookup;
  readonly engine: Engine;
  /** Renders a node's code, or a text as if it stood in the node. */
  readonly render: (node: ManifestNode, text: string | undefined, extras: RenderExtras) => Promise<string>;
  readonly callMacro: (
    name: string,
    args: readonly Value[],
    node: ManifestNode,
    extras: RenderExtras,
  ) => Promise<Value>;
  /** Whether a name stands for a macro. */
  readonly isMacro: (name: string) => boolean;
  /** The columns of what a fixture stands for; empty when nobody knows them. */
  readonly columnsOf: (target: FixtureTarget) => Promise<readonly WarehouseColumn[]>;
}

/**
 * Compiles a unit test.
 *
 * @throws compiler.unit-test-input, compiler.unit-test-column, compiler.unit-test-columns-unknown, jinja.*
 */
export async function unitTestCode(tools: UnitTestTools, test: ManifestUnitTest): Promise<UnitTestCode> {
  const tested = tools.manifest.nodes[test.depends_on.nodes[0] ?? ''];
  if (tested === undefined) throw compilerErrors['no-such-node']({ id: test.unique_id });
  const node = unitNode(test, tested);
  const given = givenInputs(tools, test, tested);
  const needed = new Set<string>();
  const stand = (target: FixtureTarget, what: string): Value => {
    if (!given.has(target.unique_id)) throw missingInput(tools, test, what);
    needed.add(target.unique_id);
    return cteRelation(target);
  };
  const extras = renderExtras(tools, test, tested, stand, given.has(tested.unique_id));
  const sql = await tools.render(node, undefined, extras);
  if (given.has(tested.unique_id)) needed.add(tested.unique_id);
  const fixtures: UnitTestFixture[] = [];
  const ctes: { name: string; sql: string }[] = [];
  for (const id of needed) {
    const input = given.get(id);
    if (input === undefined) continue;
    const { target, path, data } = input;
    const name = fixtureName(target);
    if (data['format'] === 'sql') {
      ctes.push({ name, sql: await tools.render(inputNode(target, node), String(data['rows']), {}) });
      continue;
    }
    const columns = await tools.columnsOf(target);
    if (columns.length === 0) throw unknownColumns(tools, test, input);
    const rows = (data['rows'] ?? []) as readonly Plain[];
    const fixture = { input: String(data['input']), path: [...path, 'rows'], rows, columns };
    checkColumns(tools, test, fixture, `'${target.name}'`);
    fixtures.push(fixture);
    const args = [fromPlain(rows), typesOf(columns)];
    ctes.push({
      name,
      sql: String(await tools.callMacro('get_fixture_sql', args, inputNode(target, node), {})),
    });
  }
  const code = injectCtes(sql, ctes);
  node.compiled = true;
  node.compiled_code = code;
  return { test, node, code, fixtures };
}

/**
 * What is expected, as a query, and the names of the columns that are compared, quoted.
 *
 * @param columns those of the model's own query.
 * @throws compiler.unit-test-column
 */
export async function expectedCode(
  tools: UnitTestTools,
  { test, node }: UnitTestCode,
  columns: readonly WarehouseColumn[],
): Promise<{ readonly sql: string; readonly names: readonly string[]; readonly fixture: UnitTestFixture }> {
  const { expect } = test;
  const isSql = expect['format'] === 'sql';
  const rows = isSql ? [] : ((expect['rows'] ?? []) as readonly Plain[]);
  const fixture: UnitTestFixture = { input: 'expect', path: ['expect', 'rows'], rows, columns };
  checkColumns(tools, test, fixture, 'expected output');
  const [first] = rows;
  const quoted = new Map(columns.map(({ name }) => [name.toLowerCase(), quote(name)]));
  const names =
    first === undefined
      ? [...quoted.values()]
      : Object.keys(first).map((name) => quoted.get(name.toLowerCase()) ?? quote(name));
  if (isSql) return { sql: String(expect['rows']), names, fixture };
  const args = [fromPlain(rows), typesOf(columns), new Dict(quoted)];
  return { sql: String(await tools.callMacro('get_expected_sql', args, node, {})), names, fixture };
}

interface GivenInput {
  readonly target: FixtureTarget;
  readonly path: readonly (string | number)[];
  readonly data: Plain;
}

/** What each input stands for, by its id. @throws compiler.unit-test-input */
function givenInputs(
  tools: UnitTestTools,
  test: ManifestUnitTest,
  tested: ManifestNode,
): ReadonlyMap<string, GivenInput> {
  const given = new Map<string, GivenInput>();
  test.given.forEach((data, index) => {
    const text = String(data['input']).trim();
    const path = ['given', index];
    const target = text === 'this' ? tested : inputTarget(tools, test, text, path);
    given.set(target.unique_id, { target, path, data });
  });
  return given;
}

function inputTarget(
  { lookup, project }: UnitTestTools,
  test: ManifestUnitTest,
  text: string,
  path: readonly (string | number)[],
): FixtureTarget {
  const [call, ...more] = staticCalls(`{{ ${text} }}`) ?? [];
  const bad = (problem: string): Error =>
    compilerErrors['unit-test-input'](
      { test: test.name, input: text, problem },
      { location: unitTestPlace(project, test, ...path, 'input') },
    );
  if (call === undefined || more.length > 0 || (call.name !== 'ref' && call.name !== 'source'))
    throw bad("is none of ref('…'), source('…', '…') and this");
  const found =
    call.name === 'ref'
      ? lookup.ref(refOfCall(call), test.package_name)
      : lookup.source(String(call.args[0]), String(call.args[1]), test.package_name);
  if (found.kind !== 'found') throw bad('was not found in the project');
  return found.node;
}

function missingInput({ project }: UnitTestTools, test: ManifestUnitTest, what: string): Error {
  return compilerErrors['unit-test-input'](
    { test: test.name, input: what, problem: 'is read by the model, and the test gives no rows for it' },
    {
      location: unitTestPlace(project, test),
      hint: `Add it: \`- input: ${what}\` with \`rows: []\` when the rows don't matter.`,
    },
  );
}

function unknownColumns({ project }: UnitTestTools, test: ManifestUnitTest, input: GivenInput): Error {
  return compilerErrors['unit-test-columns-unknown'](
    {
      test: test.name,
      input: String(input.data['input']),
      relation: String(relationOf(project, input.target).render()),
    },
    { location: unitTestPlace(project, test, ...input.path, 'input') },
  );
}

function checkColumns(
  { project }: UnitTestTools,
  test: ManifestUnitTest,
  { rows, columns, path }: UnitTestFixture,
  fixture: string,
): void {
  const known = new Set(columns.map(({ name }) => name.toLowerCase()));
  rows.forEach((row, index) => {
    const column = Object.keys(row).find((name) => !known.has(name.toLowerCase()));
    if (column === undefined) return;
    throw compilerErrors['unit-test-column'](
      { test: test.name, column, fixture, accepted: columns.map(({ name }) => name) },
      { location: unitTestPlace(project, test, ...path, index, column) },
    );
  });
}

/** The test as a node: the model's code under the test's name. dbt configures it anew. */
function unitNode(test: ManifestUnitTest, tested: ManifestNode): ManifestNode {
  const name = tested.version == null ? test.name : `${test.name}_v${tested.version}`;
  const config = { ...defaultConfig('model'), materialized: 'unit' } as NodeConfig;
  return {
    ...tested,
    name,
    alias: name,
    resource_type: 'unit_test',
    unique_id: test.unique_id,
    fqn: test.unique_id.split('.'),
    config,
    tags: [],
    meta: {},
    compiled: false,
    relation_name: null,
    overrides: test.overrides,
    tested_node_unique_id: tested.unique_id,
  };
}

/** What `model` and `this` are while a fixture is made. */
function inputNode(target: FixtureTarget, unit: ManifestNode): ManifestNode {
  const alias = target.resource_type === 'source' ? target.identifier : target.alias;
  const { database, schema, name } = target;
  return { ...unit, name, alias, database, schema, resource_type: 'model' };
}

function renderExtras(
  { project, lookup, isMacro }: UnitTestTools,
  test: ManifestUnitTest,
  tested: ManifestNode,
  stand: (target: FixtureTarget, what: string) => Value,
  hasThis: boolean,
): RenderExtras {
  const overrides = test.overrides ?? {};
  const vars = (overrides['vars'] ?? {}) as Plain;
  const env = (overrides['env_vars'] ?? {}) as Plain;
  const macros = (overrides['macros'] ?? {}) as Plain;
  const macroOverrides = new Map<string, Value>();
  const names = new Map<string, Value>([
    ['this', hasThis ? cteRelation(tested) : ownRelation(project, tested)],
  ]);
  for (const [name, value] of Object.entries(macros)) {
    if (isMacro(name)) macroOverrides.set(name, fromPlain(value));
    else if (!name.includes('.')) names.set(name, fromPlain(value));
  }
  const from = tested.package_name;
  return {
    names,
    macroOverrides,
    resolver: {
      ref: ({ name, packageName, version }) => {
        const found = lookup.ref({ name, package: packageName ?? null, version: version ?? null }, from);
        const what = `ref(${[packageName, name].flatMap((part) => (part === undefined ? [] : `'${part}'`)).join(', ')})`;
        if (found.kind !== 'found') {
          const parts = { name, package: packageName ?? null, version: version ?? null };
          throw compilerErrors['ref-not-found']({
            node: test.unique_id,
            ...parts,
            disabled: found.kind === 'disabled',
          });
        }
        return stand(found.node, what);
      },
      source: (source, table) => {
        const found = lookup.source(source, table, from);
        if (found.kind !== 'found') {
          throw compilerErrors['source-not-found']({
            node: test.unique_id,
            source,
            table,
            disabled: found.kind === 'disabled',
          });
        }
        return stand(found.node, `source('${source}', '${table}')`);
      },
      ...(Object.keys(vars).length === 0 ? {} : { overriddenVariable: (name) => ownValue(vars, name) }),
      environment: (name) => (Object.hasOwn(env, name) ? String(env[name]) : undefined),
    },
  };
}

function ownValue(values: Plain, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? fromPlain(values[name]) : undefined;
}

function fixtureName(target: FixtureTarget): string {
  return target.resource_type === 'source'
    ? `__dbt__cte__${target.source_name}__${target.name}`
    : cteName(target);
}

function cteRelation(target: FixtureTarget): Relation {
  return Relation.of({
    identifier: fixtureName(target),
    type: 'cte',
    quotePolicy: { identifier: false },
    includePolicy: { database: false, schema: false, identifier: true },
  });
}

function typesOf(columns: readonly WarehouseColumn[]): Dict {
  return new Dict(columns.map(({ name, type }) => [name, type] as const));
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
