/**
 * A process that writes to one table until it is done, or killed. Its argument says what; it prints
 * `ready` when it is about to write, `landed <batch> <version>` for every write it was told succeeded,
 * and one line of JSON for an error that ends it.
 */
import { isBoathouseError } from '../../src/base/index.ts';
import { DeltaTable, type WriteMode, writeDelta } from '../../src/tables/index.ts';

/** What a lander is told to do. */
export interface LanderTask {
  readonly table: string;
  readonly doing: 'write' | 'stream' | 'read' | 'times';
  readonly mode: WriteMode;
  /** Tells its batches from those of others. */
  readonly writer: string;
  readonly batches: number;
  readonly rowsPerBatch: number;
  readonly configuration?: Readonly<Record<string, string>>;
}

const task = JSON.parse(process.argv[2] ?? '{}') as LanderTask;
try {
  await work();
} catch (error) {
  if (!isBoathouseError(error)) throw error;
  const { code, message, hint } = error;
  console.log(JSON.stringify({ code, message, hint }));
  process.exitCode = 3;
}

async function work(): Promise<void> {
  console.log('ready');
  if (task.doing === 'read') {
    let rows = 0;
    for await (const _ of (await DeltaTable.open(task.table)).rows()) rows += 1;
    console.log(`read ${rows}`);
    return;
  }
  if (task.doing === 'times') {
    const at = new Date('2024-06-01T01:30:00Z');
    await writeDelta(task.table, [{ d: at, w: at, i: '2024-06-01 01:30:00' }], { mode: 'append' });
    return;
  }
  for (let batch = 0; batch < task.batches; batch += 1) {
    const version = await land(`${task.writer}-${batch}`);
    console.log(`landed ${task.writer}-${batch} ${version}`);
  }
}

async function land(batch: string): Promise<number> {
  const { table, mode, rowsPerBatch, configuration } = task;
  const options = { mode, ...(configuration === undefined ? {} : { configuration }) };
  const sql = `SELECT '${batch}' AS batch, i AS n, hash(i) AS filler FROM range(${rowsPerBatch}) t(i)`;
  for (;;) {
    try {
      const rows = task.doing === 'stream' ? streamed(batch) : { sql };
      return (await writeDelta(table, rows, options)).version;
    } catch (error) {
      // An overwrite loses to whatever came in between; it is its caller's to try again.
      if (mode !== 'overwrite' || !isBoathouseError(error, 'delta.commit-conflict')) throw error;
    }
  }
}

async function* streamed(batch: string): AsyncGenerator<{ batch: string; n: number; filler: string }> {
  for (let n = 0; n < task.rowsPerBatch; n += 1) {
    yield { batch, n, filler: `${n} `.repeat(60) };
  }
}
