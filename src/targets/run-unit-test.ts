/** Unit tests: a model's SQL over rows that the test gives, its result compared with what is expected. */
import { BugError, isBoathouseError } from '../base/index.ts';
import {
  type Compilation,
  type CompiledUnitTest,
  type Engine,
  type FixtureTarget,
  pythonStr,
  type UnitTestFixture,
  unitTestPlace,
  type WarehouseColumn,
} from '../compiler/index.ts';
import { quoteLiteral, type ResultTable } from '../duckdb/index.ts';
import { isCodeModel } from './code-models/code-query.ts';
import { codeModelErrors } from './code-models/errors.ts';
import { targetErrors } from './errors.ts';
import type { NodeTimer, Outcome } from './node-result.ts';
import { seedFile } from './run-node.ts';
import { readSeedFacts } from './seed-facts.ts';
import type { LakehouseSession } from './session.ts';

/** What running a unit test needs. */
export interface UnitTestRun {
  readonly uniqueId: string;
  readonly compilation: Compilation;
  readonly engine: Engine;
  readonly session: LakehouseSession;
  readonly timer: NodeTimer;
}

/** A unit test that ran, with the SQL of the model over its fixtures. */
export interface UnitTestOutcome extends Outcome {
  readonly compiledCode: string;
}

/**
 * Runs a unit test. Nothing in the target is changed.
 *
 * @throws compiler.unit-test-input, compiler.unit-test-column, targets.unit-test-value, targets.unit-test-failed, targets.untestable-code
 */
export async function runUnitTest(run: UnitTestRun): Promise<UnitTestOutcome> {
  const { compilation, session, engine, timer, uniqueId } = run;
  const tested = compilation.manifest.unit_tests[uniqueId]?.depends_on.nodes[0] ?? '';
  const model = compilation.manifest.nodes[tested];
  if (model !== undefined && isCodeModel(model))
    throw codeModelErrors['untestable-code']({ node: model.unique_id });
  const compiled = await timer.time('compile', () =>
    compilation.compileUnitTest(uniqueId, engine, (target) => columnsOf(run, target)),
  );
  return await timer.time('execute', async () => {
    const tried: UnitTestFixture[] = [...compiled.fixtures];
    try {
      const columns = await session.describe(compiled.code);
      const expected = await compiled.expected(columns);
      tried.push(expected.fixture);
      const sql = await compareSql(run, compiled, expected);
      const [actual, wanted] = parts(await session.connection.query(await session.resolve(sql)));
      const { differenceOf } = await import('./unit-test-diff.ts');
      const difference = await differenceOf(wanted, actual);
      const common = { executedSql: sql, compiledCode: compiled.code };
      if (difference === undefined) return { ...common, status: 'pass', message: '', failures: 0 };
      const message = `\n\nactual differs from expected:\n\n${difference}\n`;
      return { ...common, status: 'fail', message, failures: 1 };
    } catch (error) {
      throw await explained(run, compiled, tried, error);
    }
  });
}

async function compareSql(
  { compilation, engine }: UnitTestRun,
  { code, node }: CompiledUnitTest,
  expected: { readonly sql: string; readonly names: readonly string[] },
): Promise<string> {
  const args = [code, expected.sql, [...expected.names]];
  return String(await compilation.callMacro('get_unit_test_sql', args, new Map(), { node, engine }));
}

/** The rows marked `actual` and those marked `expected`, without the mark. */
function parts(result: ResultTable): readonly [actual: ResultTable, expected: ResultTable] {
  const at = result.columns.findIndex(({ name }) => name.toLowerCase() === 'actual_or_expected');
  const without = <T>(items: readonly T[]): T[] => items.filter((_, i) => i !== at);
  const marked = (mark: string): ResultTable => ({
    columns: without(result.columns),
    rows: result.rows.filter((row) => row[at] === mark).map(without),
  });
  return [marked('actual'), marked('expected')];
}

/** The columns of what a fixture stands for: of the relation, or what is known of it before it is built. */
async function columnsOf(run: UnitTestRun, target: FixtureTarget): Promise<readonly WarehouseColumn[]> {
  const { session, compilation, engine } = run;
  const identifier = target.resource_type === 'source' ? target.identifier : target.alias;
  const isExternal = target.resource_type === 'source' && compilation.relationOf(target).external !== null;
  const columns = isExternal
    ? await quietly(() => session.describe(`select * from ${compilation.relationOf(target).render()}`))
    : await session.columnsOf({ database: target.database, schema: target.schema, identifier });
  if (columns.length > 0) return columns;
  const described = Object.values(target.columns);
  if (described.length > 0 && described.every(({ data_type: type }) => type !== null)) {
    return described.map(({ name, data_type: type }) => ({ name, type: String(type) }));
  }
  if (target.resource_type === 'seed') {
    return await quietly(async () => (await readSeedFacts(target, seedFile(compilation, target))).columns);
  }
  if (target.resource_type !== 'model' || target.language !== 'sql') return [];
  return await quietly(async () => {
    const { code } = await compilation.compileNode(target.unique_id, engine);
    return await session.describe(code);
  });
}

/** The columns that `find` finds; none when what it needs isn't there either. */
async function quietly(find: () => Promise<readonly WarehouseColumn[]>): Promise<readonly WarehouseColumn[]> {
  try {
    return await find();
  } catch (error) {
    if (isBoathouseError(error)) return [];
    throw error;
  }
}

/** What went wrong, at the row's value that can't be of its column's type, where it is that. */
async function explained(
  run: UnitTestRun,
  { test }: CompiledUnitTest,
  fixtures: readonly UnitTestFixture[],
  error: unknown,
): Promise<unknown> {
  if (!isBoathouseError(error) || error instanceof BugError || !error.code.startsWith('duckdb.'))
    return error;
  const { project } = run.compilation;
  for (const { rows, columns, path, input } of fixtures) {
    const types = new Map(columns.map(({ name, type }) => [name.toLowerCase(), type]));
    for (const [index, row] of rows.entries()) {
      for (const [column, value] of Object.entries(row)) {
        const type = types.get(column.toLowerCase());
        if (type === undefined || value === null) continue;
        const literal = typeof value === 'string' ? quoteLiteral(value) : pythonStr(value);
        const problem = await problemOf(run.session, `select cast(${literal} as ${type})`);
        if (problem === undefined) continue;
        return targetErrors['unit-test-value'](
          { test: test.name, input, row: index + 1, column, value: pythonStr(value), type, problem },
          { location: unitTestPlace(project, test, ...path, index, column), cause: error },
        );
      }
    }
  }
  return targetErrors['unit-test-failed'](
    { test: test.name, problem: error.message },
    { location: unitTestPlace(project, test), cause: error },
  );
}

async function problemOf(session: LakehouseSession, sql: string): Promise<string | undefined> {
  try {
    await session.connection.query(sql);
    return undefined;
  } catch (error) {
    if (!isBoathouseError(error)) throw error;
    return error.message.split('\n')[0] ?? '';
  }
}
