/** The first join of a MERGE: which rows meet, and which clause decides about each. */
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { fileColumn, rowColumn } from '../read/scan-files.ts';
import { dmlErrors } from './errors.ts';
import { decisionSql } from './merge-clauses.ts';
import type { MergePlan } from './merge-plan.ts';
import type { JoinKey } from './merge-pruning.ts';
import type { MergeSource } from './merge-source.ts';
import { clauseColumn, sourceColumn } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';
import type { TargetScan } from './target-scan.ts';

/** Pairs of rows that matter. */
export interface Matches {
  /** A table of the target rows' places, the source rows they met, and the clauses that decide. */
  readonly name: string;
  /** The files that hold rows which one of `clauses` decides about, ascending. */
  filesOf(clauses: readonly number[]): number[];
}

/**
 * Joins the source with the table, of which only the columns that conditions name are read. Undefined when no row
 * matters.
 */
export async function keepMatches(
  tables: ScratchTables,
  scan: TargetScan,
  plan: MergePlan,
  source: MergeSource,
  on: string,
): Promise<Matches | undefined> {
  if (scan.files.length === 0) return undefined;
  const { groups } = plan;
  const seesAlone = groups.notMatchedBySource.length > 0;
  const matched = decisionSql(groups.matched);
  const clause = seesAlone
    ? `CASE WHEN ${sourceColumn} IS NULL THEN ${decisionSql(groups.notMatchedBySource)} ELSE ${matched} END`
    : matched;
  const [target, from] = [quoteIdentifier(plan.targetAlias), quoteIdentifier(plan.sourceAlias)];
  const joined = `(${await scan.sql()}) AS ${target} ${seesAlone ? 'LEFT ' : ''}JOIN (${source.sql}) AS ${from} ON (${on}\n)`;
  const pairs = `SELECT ${fileColumn}, ${rowColumn}, ${sourceColumn}, ${clause} AS ${clauseColumn} FROM ${joined}`;
  // Rows of the source that met one, whatever became of it, aren't inserted.
  const matters =
    groups.notMatched.length === 0
      ? `${clauseColumn} IS NOT NULL`
      : seesAlone
        ? `(${clauseColumn} IS NOT NULL OR ${sourceColumn} IS NOT NULL)`
        : 'true';
  const { name, rows } = await tables.keep(`SELECT * FROM (${pairs}) WHERE ${matters}`);
  if (rows === 0) return undefined;
  const decided = await tables.session.query(
    `SELECT DISTINCT ${clauseColumn}, ${fileColumn} FROM ${name} WHERE ${clauseColumn} IS NOT NULL`,
  );
  return {
    name,
    filesOf: (clauses) => {
      const files = decided.rows
        .filter(([index]) => clauses.includes(Number(index)))
        .map(([, file]) => Number(file));
      return [...new Set(files)].sort((a, b) => a - b);
    },
  };
}

/**
 * Refuses rows of the table about which several rows of the source decide. A single unconditional delete is
 * spared: whoever decides, the row is gone.
 *
 * @throws tables.merge-duplicate-match
 */
export async function assertUnambiguous(
  table: string,
  session: Session,
  scan: TargetScan,
  { name }: Matches,
  { groups, targetAlias }: MergePlan,
  keys: readonly JoinKey[],
): Promise<void> {
  const [first] = groups.matched;
  const isPlainDelete =
    groups.matched.length === 1 && first?.kind === 'matched-delete' && first.condition === undefined;
  if (first === undefined || isPlainDelete) return;
  const decided = groups.matched.map(({ index }) => index).join(', ');
  const { rows } = await session.query(
    `SELECT ${fileColumn}, ${rowColumn}, count(*) FROM ${name} WHERE ${clauseColumn} IN (${decided}) GROUP BY ALL HAVING count(*) > 1 LIMIT 1`,
  );
  const [found] = rows;
  if (found === undefined) return;
  const [file, row, count] = found.map(Number) as [number, number, number];
  const alias = quoteIdentifier(targetAlias);
  const paths = keys.map(({ path }) => path);
  const shown =
    paths.length === 0
      ? [`CAST(${alias} AS VARCHAR)`]
      : paths.map(
          (path) =>
            `'${path.join('.').replaceAll("'", "''")} = ' || coalesce(CAST(${alias}.${path.map(quoteIdentifier).join('.')} AS VARCHAR), 'null')`,
        );
  const example = await session.query(
    `SELECT ${shown.join(', ')} FROM (SELECT * EXCLUDE (${fileColumn}, ${rowColumn}) FROM (${await scan.sql([file])}) WHERE ${fileColumn} = ${file} AND ${rowColumn} = ${row}) AS ${alias}`,
  );
  const key = (example.rows[0] ?? []).map(String).join(', ');
  throw dmlErrors['merge-duplicate-match']({ table, key, sourceRows: count });
}
