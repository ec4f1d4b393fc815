/**
 * The feature matrix: a project that uses most of what dbt-duckdb offers, run step by step, against what
 * dbt-core and dbt-duckdb made of it (statuses of every node; every relation's columns, types and values).
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder } from '../../test/e2e/command.ts';

const projects = process.env['BOATHOUSE_PROJECTS'];
const reason = projects === undefined ? 'BOATHOUSE_PROJECTS names no folder' : '';

interface Expected {
  readonly spec: { readonly steps: readonly Step[] };
  readonly steps: readonly {
    readonly rc: number;
    readonly results?: Record<string, [string, number | null]>;
  }[];
  readonly dumps: Record<string, Record<string, Dump>>;
}
interface Step {
  readonly sh?: string;
  readonly cmd?: readonly string[];
  readonly flags?: readonly string[];
}
interface Dump {
  readonly type: string;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly md5: string }[];
}

/** Their values hold the time of the run, or are made from it. */
const timed: readonly RegExp[] = [
  /\.(dbt_updated_at|dbt_valid_from|vf)$/,
  /snap_\w+\.(dbt_valid_to|vt)$/,
  /snap_check(_all)?\.dbt_scd_id$/,
];

const folder = new Folder();
const expected: Expected =
  projects === undefined
    ? { spec: { steps: [] }, steps: [], dumps: {} }
    : (JSON.parse(readFileSync(join(projects, 'feature_matrix.expected.json'), 'utf8')) as Expected);

describe.skipIf(reason !== '')(`the feature matrix${reason && ` (skipped: ${reason})`}`, () => {
  beforeAll(() => {
    cpSync(join(projects ?? '', 'feature_matrix'), folder.path, { recursive: true });
    for (const left of ['out.duckdb', 'side.duckdb', 'target', 'external']) {
      rmSync(join(folder.path, left), { recursive: true, force: true });
    }
    mkdirSync(join(folder.path, 'external'));
  });
  afterAll(() => folder.remove());

  const steps = expected.spec.steps.map((step, index) => [index, step] as const);
  it.each(steps.map(([index, step]) => [title(step), index, step] as const))(
    'step: %s',
    async (_, index, step) => {
      if (step.sh !== undefined) return copySeeds(step.sh);
      const result = await folder.run(
        ...(step.cmd ?? []),
        '--profiles-dir',
        '_oracle',
        ...(step.flags ?? []),
      );
      expect([0, 1], result.output).toContain(result.code);
      const wanted = expected.steps[index]?.results;
      if (wanted !== undefined) expect(statuses(), result.output).toEqual(kept(wanted));
      const dump = expected.dumps[String(index)];
      if (dump !== undefined) await compareRelations(dump);
    },
    240_000,
  );
});

const title = (step: Step): string => step.sh ?? (step.cmd ?? []).join(' ');

/** Obeys a step such as `cp a b; cp c d`, which is all that the steps do. */
function copySeeds(line: string): void {
  for (const part of line.split(';')) {
    const [command, from, to] = part.trim().split(' ');
    expect(command).toBe('cp');
    cpSync(join(folder.path, from ?? ''), join(folder.path, to ?? ''));
  }
}

/** Status of every node of the last run. */
function statuses(): Record<string, string> {
  const { results } = JSON.parse(readFileSync(join(folder.path, 'target/run_results.json'), 'utf8')) as {
    results: { unique_id: string; status: string }[];
  };
  return Object.fromEntries(results.map(({ unique_id, status }) => [unique_id, status]));
}

const kept = (wanted: Record<string, [string, number | null]>): Record<string, string> =>
  Object.fromEntries(Object.entries(wanted).map(([id, [status]]) => [id, status]));

/** Compares every relation that dbt left with ours: columns, types, row counts, values. */
async function compareRelations(dump: Record<string, Dump>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const cwd = process.cwd();
  try {
    process.chdir(folder.path);
    for (const name of ['out', 'side']) {
      if (existsSync(`${name}.duckdb`))
        await connection.run(`attach '${name}.duckdb' as "${name}" (read_only)`);
    }
    const differences: string[] = [];
    for (const [name, wanted] of Object.entries(dump)) {
      const relation = name
        .split('.')
        .map((part) => `"${part}"`)
        .join('.');
      try {
        const found = (await connection.runAndReadAll(`describe ${relation}`)).getRowsJson() as string[][];
        const columns = found.map(([column, type]) => `${column} ${type}`).join(', ');
        const wantedColumns = wanted.columns.map((column) => `${column.name} ${column.type}`).join(', ');
        if (columns !== wantedColumns) differences.push(`${name}: columns ${columns}; dbt ${wantedColumns}`);
        for (const column of wanted.columns) {
          if (timed.some((pattern) => pattern.test(`${name}.${column.name}`))) continue;
          const quoted = `"${column.name}"`;
          const shown = column.type === 'DOUBLE' ? `format('{:g}', ${quoted})` : `cast(${quoted} as varchar)`;
          const rows = (await connection.runAndReadAll(`select ${shown} from ${relation}`)).getRowsJson() as (
            | string
            | null
          )[][];
          if (rows.length !== wanted.rows)
            differences.push(`${name}: ${rows.length} rows; dbt ${wanted.rows}`);
          const text = rows
            .map(([value]) => value ?? '\\N')
            .sort((a, b) => (a < b ? -1 : 1))
            .join('\n');
          const md5 = createHash('md5').update(text).digest('hex');
          if (md5 !== column.md5)
            differences.push(`${name}.${column.name}: other values than dbt's: ${text.slice(0, 80)}`);
        }
      } catch (error) {
        differences.push(`${name}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
    expect([...new Set(differences)]).toEqual([]);
  } finally {
    process.chdir(cwd);
    connection.closeSync();
    instance.closeSync();
  }
}
