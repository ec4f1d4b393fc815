/**
 * Models that go on from what an earlier run left: incremental, microbatch, snapshots, files, contracts. Each project's
 * steps are run by dbt and by Boathouse; statuses, batches and every relation's columns and rows are compared.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it } from 'vitest';
import { Folder } from '../../test/e2e/command.ts';
import { dbt, noDbt } from './dbt.ts';

const projects = join(import.meta.dirname, 'growth');
const names = readdirSync(projects).sort();
const folders: Folder[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});

interface Result {
  readonly unique_id: string;
  readonly status: string;
  readonly batch_results: unknown;
}

describe.skipIf(noDbt !== '')(`models that grow, as dbt has them${noDbt && ` (skipped: ${noDbt})`}`, () => {
  it.each(names)(
    '%s',
    async (name) => {
      const steps = JSON.parse(readFileSync(join(projects, name, 'steps.json'), 'utf8')) as string[][];
      const [theirs, ours] = [copyOf(name), copyOf(name)];
      for (const step of steps) {
        const args = [...step, '--profiles-dir', '.'];
        // A step with a model that fails on purpose ends with 1.
        await dbt(theirs.path, ...args).catch(() => undefined);
        await ours.run(...args);
        expect(resultsIn(ours), step.join(' ')).toEqual(resultsIn(theirs));
        expect(await relationsIn(ours), step.join(' ')).toEqual(await relationsIn(theirs));
      }
    },
    300_000,
  );
});

function copyOf(name: string): Folder {
  const folder = new Folder();
  folders.push(folder);
  cpSync(join(projects, name), folder.path, { recursive: true });
  // dbt makes no folders for its files.
  for (const made of ['ext/sub', 'ext/a/b/c']) mkdirSync(join(folder.path, made), { recursive: true });
  return folder;
}

/** Each node's status and batches. */
function resultsIn({ path }: Folder): Record<string, unknown> {
  const file = join(path, 'target/run_results.json');
  const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: Result[] };
  return Object.fromEntries(
    results
      .map(({ unique_id: id, status, batch_results: batches }) => [id, [status, batches]] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Each relation's columns and rows, without what hangs on the moment of the run. */
async function relationsIn({ path }: Folder): Promise<Record<string, unknown>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const before = process.cwd();
  try {
    process.chdir(path);
    await connection.run("attach 'out.duckdb' as out (read_only)");
    const list = await connection.runAndReadAll(
      "select table_schema, table_name from information_schema.tables where table_catalog = 'out' order by all",
    );
    const found: Record<string, unknown> = {};
    for (const [schema, name] of list.getRowsJson() as string[][]) {
      const relation = `out."${schema}"."${name}"`;
      const columns = (await connection.runAndReadAll(`describe ${relation}`)).getRowsJson() as string[][];
      const texts = columns.map(([column]) => `cast("${column}" as varchar)`).join(', ');
      const rows = (await connection.runAndReadAll(`select ${texts} from ${relation}`)).getRowsJson();
      found[`${schema}.${name}`] = [
        columns.map(([column, type]) => `${column} ${type}`),
        (rows as (string | null)[][]).map(timeless).sort(),
      ];
    }
    return found;
  } finally {
    process.chdir(before);
    connection.closeSync();
    instance.closeSync();
  }
}

/** A row as text: the moments of the run have no value, nor has the identity of a state that began with one. */
function timeless(row: readonly (string | null)[]): string {
  const isNow = (value: string | null): boolean =>
    value !== null && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/.test(value) && !value.startsWith('2024-');
  const began = row.filter(isNow).length > 1;
  return JSON.stringify(
    row.map((value) => {
      if (isNow(value)) return 'now';
      return began && value !== null && /^[0-9a-f]{32}$/.test(value) ? 'identity' : value;
    }),
  );
}
