/** Processes that share nothing but a bucket race for names and versions: each has one winner, none is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';
import { Program, type Started } from './programs.ts';
import type { RacerTask } from './racer.ts';
import { isFull, longReason, type Store, startStore } from './server.ts';

const racers = 8;
const rounds = isFull ? 500 : 100;
const commits = isFull ? 250 : 12;

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build(join(import.meta.dirname, 'racer.ts'));
  folder = mkdtempSync(join(tmpdir(), 'boathouse-races-'));
});
afterAll(() => {
  program?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A racer on a host of its own. */
function start(task: RacerTask, onLine: (line: string) => void = () => undefined): Started {
  const home = join(folder, `host-${task.racer}`);
  return program.start(task, { env: { HOME: home, BOATHOUSE_CACHE_DIR: join(home, 'cache') }, onLine });
}

for (const kind of ['versitygw', 'minio'] as const) {
  for (const tls of [false, 'private-ca'] as const) {
    const reason = longReason(kind);
    const name = `${racers} processes on ${kind} by ${tls ? 'https' : 'http'}${reason ? ` (${reason})` : ''}`;
    describe.skipIf(reason !== undefined)(name, () => {
      let store: Store;
      beforeAll(async () => {
        store = await startStore({ kind, tls });
        await store.createBucket('race');
      });
      afterAll(() => store?.stop());

      it('make an object of one name, and exactly one of them is told so, every time', async () => {
        const uri = 's3://race/names';
        const told = new Map<string, string[]>();
        let hear: () => void = () => undefined;
        const all = Array.from({ length: racers }, (_, racer) =>
          start({ doing: 'create', uri, options: store.options, racer }, (line) => {
            const [outcome = '', round = 'ready'] = line.split(' ');
            told.set(round, [...(told.get(round) ?? []), outcome === 'created' ? `racer ${racer}` : outcome]);
            hear();
          }),
        );
        const heard = (round: string): Promise<void> =>
          new Promise((done, failed) => {
            hear = () => {
              if (told.get(round)?.length === racers) done();
            };
            for (const { ended } of all) ended.catch(failed);
            hear();
          });
        await heard('ready');
        const storage = openStorage(uri, store.options);
        for (let round = 0; round < rounds; round += 1) {
          for (const { child } of all) child.send(round);
          await heard(String(round));
          const winners = (told.get(String(round)) ?? []).filter((outcome) => outcome !== 'taken');
          expect(winners, `round ${round}`).toHaveLength(1);
          expect(new TextDecoder().decode(await storage.read(`round/${round}`))).toBe(winners[0]);
        }
        for (const { child } of all) child.send(-1);
        await Promise.all(all.map(({ ended }) => ended));
      }, 600_000);

      it('commit to one table, and no commit is lost or made twice', async () => {
        const uri = 's3://race/table';
        const options = { storageOptions: store.options };
        await DeltaTable.create(uri, { schema: 'racer INT, n INT, row BIGINT', ...options });
        const all = await Promise.all(
          Array.from(
            { length: racers },
            (_, racer) => start({ doing: 'commit', uri, options: store.options, racer, commits }).ended,
          ),
        );
        const versions = all.flatMap((lines) => lines.map((line) => Number(line.split(' ')[0])));
        expect(versions.sort((a, b) => a - b)).toEqual(
          Array.from({ length: racers * commits }, (_, i) => i + 1),
        );
        const table = await DeltaTable.open(uri, options);
        const rows = await table.toRows();
        const seen = new Set(rows.map((row) => `${row['racer']} ${row['n']} ${row['row']}`));
        expect([table.version, rows.length, seen.size]).toEqual([
          racers * commits,
          racers * commits * 3,
          racers * commits * 3,
        ]);
      }, 1_200_000);
    });
  }
}
