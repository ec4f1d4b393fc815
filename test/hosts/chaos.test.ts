/** Three hosts on one table of a real server, while they are killed, frozen, cut off and answered badly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';
import { Program, type Started } from '../stores/programs.ts';
import { isFull, longReason, type Store, startStore } from '../stores/server.ts';
import { freeze, type Host, kill, startHost } from './host.ts';
import { halves, ledgerOf, wrongs } from './ledger.ts';
import { type HostSchedule, scheduleOf } from './schedule.ts';
import type { WorkerTask, WorkLine } from './worker.ts';

const runs = isFull ? 30 : 4;
const hosts = 3;
const operations = 20;
/** `BOATHOUSE_SEED_OF_CHAOS=7` repeats one run's schedule. */
const given = process.env['BOATHOUSE_SEED_OF_CHAOS'];
const seeds = given === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [Number(given)];

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

for (const kind of ['versitygw', 'minio'] as const) {
  const reason = longReason(kind);
  describe.skipIf(reason !== undefined)(
    `three hosts in trouble on ${kind}${reason ? ` (${reason})` : ''}`,
    () => {
      let store: Store;
      let program: Program;
      let folder: string;
      beforeAll(async () => {
        store = await startStore({ kind });
        await store.createBucket('chaos');
        program = await Program.build(join(import.meta.dirname, 'worker.ts'));
        folder = mkdtempSync(join(tmpdir(), 'boathouse-hosts-'));
      });
      afterAll(async () => {
        await store?.stop();
        program?.remove();
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      });

      it.each(seeds)(
        'keep every promise of the table (seed %i)',
        async (seed) => {
          const uri = `s3://chaos/seed-${seed}`;
          const options = { storageOptions: store.options };
          const properties = {
            'delta.checkpointInterval': '7',
            'delta.enableDeletionVectors': String(seed % 2 === 0),
          };
          await DeltaTable.create(uri, {
            schema: 'writer INT, batch INT, part BIGINT, touched INT',
            properties,
            ...options,
          });
          const told = new Map<number, WorkLine[]>();
          const reader = watch(uri, store);
          await Promise.all(
            Array.from({ length: hosts }, async (_, n) => {
              const schedule = scheduleOf(seed, n);
              const host = await startHost(store, join(folder, `${seed}-${n}`), ({ n: request }) =>
                schedule.trouble(request),
              );
              try {
                await live({ host, schedule, program, told, uri, seed, n });
              } finally {
                await host.close();
              }
            }),
          );
          await reader.stop();
          expect(reader.problems, `seed ${seed}`).toEqual([]);
          expect(reader.looks).toBeGreaterThan(0);

          const table = await DeltaTable.open(uri, options);
          expect(wrongs(told, ledgerOf(await table.toRows())), `seed ${seed}`).toEqual([]);
          expect(await versionsOf(uri, store)).toEqual(
            Array.from({ length: table.version + 1 }, (_, i) => i),
          );
          const versions = [...told.values()]
            .flat()
            .flatMap((line) => (line.said === 'done' ? (line.version ?? []) : []));
          expect(new Set(versions).size, `seed ${seed}: two were told one version`).toBe(versions.length);
          expect(versions.length).toBeGreaterThan(0);
          // It goes on as if nothing had been.
          const newest = table.version;
          const { version } = await table.append([{ writer: 99, batch: 0, part: 0n, touched: 0 }]);
          expect(version).toBe(newest + 1);
        },
        600_000,
      );
    },
  );
}

/** A host's life: its process works, is struck as the schedule says, and started again when it was killed. */
async function live(about: {
  readonly host: Host;
  readonly schedule: HostSchedule;
  readonly program: Program;
  readonly told: Map<number, WorkLine[]>;
  readonly uri: string;
  readonly seed: number;
  readonly n: number;
}): Promise<void> {
  const { host, schedule, program, told, uri, seed, n } = about;
  const start = (life: number): Started => {
    const writer = n * 10 + life;
    const lines: WorkLine[] = [];
    told.set(writer, lines);
    const options = { ...host.options, timeout: '1s', retry_timeout: '8s', max_retries: '6' };
    const task: WorkerTask = { uri, options, seed, writer, operations };
    return program.start(task, {
      env: host.env,
      cwd: host.folder,
      onLine: (line) => void lines.push(JSON.parse(line) as WorkLine),
    });
  };
  let life = 0;
  let current = start(life);
  let atMs = 0;
  for (const blow of schedule.blows) {
    await wait(Math.max(0, blow.afterMs - atMs));
    atMs = blow.afterMs + blow.lastsMs;
    switch (blow.kind) {
      case 'kill':
        kill(current.child);
        await current.ended;
        life += 1;
        current = start(life);
        break;
      case 'freeze':
        await freeze(current.child, blow.lastsMs);
        break;
      case 'cut':
        host.cut();
        await wait(blow.lastsMs);
        host.mend();
        break;
    }
  }
  await current.ended;
}

/** Someone who looks all the while: at no time may there be half of anything, or less than before. */
function watch(
  uri: string,
  store: Store,
): { readonly problems: string[]; readonly looks: number; stop(): Promise<void> } {
  const problems: string[] = [];
  let looks = 0;
  let isOver = false;
  const watching = (async () => {
    let newest = -1;
    while (!isOver) {
      const table = await DeltaTable.open(uri, { storageOptions: store.options });
      if (table.version < newest) problems.push(`version ${table.version} after ${newest}`);
      newest = table.version;
      problems.push(...halves(ledgerOf(await table.toRows())));
      looks += 1;
      await wait(200);
    }
  })().catch((error: unknown) => void problems.push(`the reader failed: ${String(error)}`));
  return {
    problems,
    get looks() {
      return looks;
    },
    stop: async () => {
      isOver = true;
      await watching;
    },
  };
}

async function versionsOf(uri: string, store: Store): Promise<number[]> {
  const versions: number[] = [];
  for await (const { path } of openStorage(uri, store.options).list('_delta_log/')) {
    const version = /\/(\d{20})\.json$/.exec(path)?.[1];
    if (version !== undefined) versions.push(Number(version));
  }
  return versions;
}
