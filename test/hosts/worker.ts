/**
 * What runs on a host: a seeded mix of operations on one table in a bucket. Each is announced with a line of JSON
 * before it begins, and its outcome told with another; what is announced and never told may have happened or not.
 */
import { isBoathouseError, seededRandom } from '../../src/base/index.ts';
import type { StorageOptions } from '../../src/storage/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';

/** What a worker is told to do. */
export interface WorkerTask {
  readonly uri: string;
  readonly options: StorageOptions;
  readonly seed: number;
  /** Tells its rows from those of others; another one after each restart. */
  readonly writer: number;
  readonly operations: number;
}

/** What is done to the table. Updates and deletes are of rows that the same worker appended. */
export type WorkKind = 'append' | 'update' | 'delete' | 'compact' | 'checkpoint' | 'vacuum';

/** A line that a worker prints. */
export type WorkLine =
  | { readonly said: 'begin'; readonly kind: WorkKind; readonly batch: number }
  /** `version` where a commit was made. */
  | { readonly said: 'done'; readonly version?: number }
  | { readonly said: 'failed'; readonly code: string; readonly message: string };

/** Rows of one append. */
export const rowsPerBatch = 3;

if (process.argv[2] !== undefined) {
  await work(JSON.parse(process.argv[2]) as WorkerTask);
  process.disconnect?.();
}

async function work(task: WorkerTask): Promise<void> {
  const random = seededRandom(task.seed * 1000 + task.writer);
  const table = await opened(task);
  const mine: number[] = [];
  for (let batch = 0; batch < task.operations; batch += 1) {
    const kind = mine.length === 0 ? 'append' : chosen(random.fraction());
    const target = kind === 'append' ? batch : (mine[Math.floor(random.fraction() * mine.length)] ?? 0);
    say({ said: 'begin', kind, batch: target });
    if (kind === 'append') mine.push(batch);
    if (kind === 'delete') mine.splice(mine.indexOf(target), 1);
    try {
      const version = await perform(table, kind, task.writer, target);
      say({ said: 'done', ...(version === undefined ? {} : { version }) });
    } catch (error) {
      if (!isBoathouseError(error)) throw error;
      say({ said: 'failed', code: error.code, message: error.message });
    }
  }
}

/** Opening is tried until the way to the store is open again. */
async function opened({ uri, options }: WorkerTask): Promise<DeltaTable> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await DeltaTable.open(uri, { storageOptions: options });
    } catch (error) {
      if (attempt >= 10 || !isBoathouseError(error, 'storage.unreachable')) throw error;
    }
  }
}

function chosen(fraction: number): WorkKind {
  if (fraction < 0.5) return 'append';
  if (fraction < 0.7) return 'update';
  if (fraction < 0.8) return 'delete';
  if (fraction < 0.9) return 'compact';
  return fraction < 0.95 ? 'checkpoint' : 'vacuum';
}

async function perform(
  table: DeltaTable,
  kind: WorkKind,
  writer: number,
  batch: number,
): Promise<number | undefined> {
  const changed = (result: { changed: boolean; version: number }): number | undefined =>
    result.changed ? result.version : undefined;
  const where = `writer = ${writer} AND batch = ${batch}`;
  switch (kind) {
    case 'append': {
      const sql = `SELECT ${writer} AS writer, ${batch} AS batch, i AS part, 0 AS touched FROM range(${rowsPerBatch}) t(i)`;
      return (await table.append({ sql })).version;
    }
    case 'update':
      return changed(await table.update({ set: { touched: 'touched + 1' }, where }));
    case 'delete':
      return changed(await table.delete(where));
    case 'compact':
      return changed(await table.optimize());
    case 'checkpoint':
      await table.checkpoint();
      return undefined;
    case 'vacuum':
      await table.vacuum();
      return undefined;
  }
}

function say(line: WorkLine): void {
  console.log(JSON.stringify(line));
}
