/**
 * A process that races others on one bucket: either to make objects of the same names, each round begun by a
 * message, or to commit to one table as often as it was told.
 */
import { openStorage, type StorageOptions } from '../../src/storage/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';

/** What a racer is told to do. */
export interface RacerTask {
  readonly doing: 'create' | 'commit';
  readonly uri: string;
  readonly options: StorageOptions;
  readonly racer: number;
  /** How many commits; rounds of creating are begun by messages. */
  readonly commits?: number;
}

const task = JSON.parse(process.argv[2] ?? '{}') as RacerTask;
if (task.doing === 'create') await create();
else await commit();
process.disconnect?.();

/** Prints `created N` or `taken N` for each round; a round below 0 is the last. */
async function create(): Promise<void> {
  const storage = openStorage(task.uri, task.options);
  const bytes = new TextEncoder().encode(`racer ${task.racer}`);
  // The probe and the first connection aren't part of any round.
  await storage.putIfAbsent(`warm/${task.racer}`, bytes);
  await new Promise<void>((done) => {
    process.on('message', (round: number) => {
      if (round < 0) return done();
      storage.putIfAbsent(`round/${round}`, bytes).then(
        ({ kind }) => console.log(`${kind} ${round}`),
        (error: unknown) => console.log(`failed ${round} ${String(error)}`),
      );
    });
    console.log('ready');
  });
}

/** Prints the version of each commit it was told succeeded, and how long it took. */
async function commit(): Promise<void> {
  const table = await DeltaTable.open(task.uri, { storageOptions: task.options });
  for (let n = 0; n < (task.commits ?? 0); n += 1) {
    const startMs = performance.now();
    const sql = `SELECT ${task.racer} AS racer, ${n} AS n, i AS row FROM range(3) t(i)`;
    const { version } = await table.append({ sql });
    console.log(`${version} ${Math.round(performance.now() - startMs)}`);
  }
}
