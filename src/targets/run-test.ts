/** Data tests: a query that finds what is wrong, counted and judged by dbt's rules. */
import type { ManifestNode, RelationName } from '../compiler/index.ts';
import type { SqlValue } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { subquery } from './plan-frame.ts';
import { printName, sqlKind } from './relation-sql.ts';
import type { LakehouseSession } from './session.ts';
import type { NodeStatus } from './target.ts';

/** How a test is run. */
export interface TestInput {
  readonly node: ManifestNode;
  readonly code: string;
  readonly session: LakehouseSession;
  /** Where failing rows are kept; undefined to keep none. */
  readonly failures: { readonly relation: RelationName; readonly as: 'table' | 'view' } | undefined;
  /** The user's own `get_test_sql`, when there is one. */
  readonly testSql: ((mainSql: string) => Promise<string>) | undefined;
}

/** A test's verdict. */
export interface Verdict {
  readonly status: NodeStatus;
  readonly message: string;
  readonly failures: number;
  readonly executedSql: string;
}

/** Whether, and as what, the test keeps failing rows. @throws targets.bad-config */
export function storeAs(node: ManifestNode, always: boolean): 'table' | 'view' | undefined {
  const as = node.config['store_failures_as'];
  if (as === 'ephemeral') return undefined;
  if (as === 'table' || as === 'view') return as;
  if (as !== undefined && as !== null) {
    throw targetErrors['bad-config']({
      node: node.unique_id,
      key: 'store_failures_as',
      problem: `is '${String(as)}'; table, view and ephemeral are known`,
    });
  }
  const keep = node.config['store_failures'];
  return keep === true || (always && keep !== false) ? 'table' : undefined;
}

/**
 * Runs the test.
 *
 * @throws targets.test-shape when its query doesn't give one row with `failures`, `should_warn` and `should_error`.
 */
export async function runTest(input: TestInput): Promise<Verdict> {
  const { node, session } = input;
  const executed: string[] = [];
  let main = limited(node, input.code);
  if (input.failures) {
    const { relation, as } = input.failures;
    const existing = await session.relation(relation);
    const statements = [
      ...(existing && existing.kind !== as
        ? [`drop ${sqlKind(existing.kind)} ${printName(relation)} cascade`]
        : []),
      `create or replace ${as} ${printName(relation)} as ${subquery(main)}`,
    ];
    await session.begin();
    for (const sql of statements) await session.execute(sql, { fetch: false });
    await session.commit();
    executed.push(...statements);
    main = `select * from ${printName(relation)}`;
  }
  const sql = input.testSql ? await input.testSql(main) : countSql(node, main);
  executed.push(sql);
  const { columns, rows } = await session.connection.query(await session.resolve(sql));
  const [row] = rows;
  if (rows.length !== 1 || columns.length !== 3 || row === undefined) {
    throw targetErrors['test-shape']({
      test: node.unique_id,
      problem: `its query gives ${rows.length} rows of ${columns.length} columns instead of one of three`,
    });
  }
  const at = (name: string): SqlValue =>
    row[columns.findIndex((column) => column.name.toLowerCase() === name)] ?? null;
  const failures = at('failures');
  if (failures === null) {
    throw targetErrors['test-shape']({
      test: node.unique_id,
      problem: `its fail_calc, ${String(node.config['fail_calc'] ?? 'count(*)')}, gives NULL instead of a number`,
    });
  }
  const verdict = judge(node, Number(failures), isTrue(at('should_warn')), isTrue(at('should_error')));
  return { ...verdict, executedSql: `${executed.join(';\n\n')}\n` };
}

/** dbt's verdict: an error counts only at severity `error`; else a warning may be due. Pure. */
export function judge(
  node: Pick<ManifestNode, 'config'>,
  count: number,
  shouldWarn: boolean,
  shouldError: boolean,
): { readonly status: NodeStatus; readonly message: string; readonly failures: number } {
  const results = `Got ${count} ${count === 1 ? 'result' : 'results'}`;
  const severity = String(node.config['severity'] ?? 'error').toLowerCase();
  if (severity === 'error' && shouldError) {
    const message = `${results}, configured to fail if ${conditionOf(node, 'error_if')}`;
    return { status: 'fail', message, failures: count };
  }
  if (shouldWarn) {
    const message = `${results}, configured to warn if ${conditionOf(node, 'warn_if')}`;
    return { status: 'warn', message, failures: count };
  }
  return { status: 'pass', message: '', failures: 0 };
}

function limited(node: ManifestNode, code: string): string {
  const limit = node.config['limit'];
  if (limit === undefined || limit === null) return code;
  return `select * from ${subquery(code)} as limited limit ${Number(limit)}`;
}

function countSql(node: ManifestNode, main: string): string {
  const calculation = String(node.config['fail_calc'] ?? 'count(*)');
  return [
    'select',
    `  ${calculation} as failures,`,
    `  ${calculation} ${conditionOf(node, 'warn_if')} as should_warn,`,
    `  ${calculation} ${conditionOf(node, 'error_if')} as should_error`,
    `from ${subquery(main)} as dbt_internal_test`,
  ].join('\n');
}

function conditionOf(node: Pick<ManifestNode, 'config'>, key: 'warn_if' | 'error_if'): string {
  const condition = node.config[key];
  return typeof condition === 'string' && condition.trim() !== '' ? condition : '!= 0';
}

/** What a database says for true: a boolean, a number, or a word. */
function isTrue(value: SqlValue): boolean {
  if (typeof value === 'string') return /^(?:y|yes|t|true|on|1)$/i.test(value);
  return value === true || (typeof value !== 'boolean' && value !== null && Number(value) !== 0);
}
