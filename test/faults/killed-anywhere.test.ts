/** Processes killed at any moment of every operation: the table is as before or as after, and works. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';
import { makeTable, operations } from './operations.ts';
import { Looker, strangers } from './state.ts';
import { Workers } from './workers.ts';

const rows = 60_000;
const kills = 3;

let operators: Workers;
let folder: string;
let looker: Looker;
let next = 0;
const seed = Date.now();
const random = seededRandom(seed);
beforeAll(async () => {
  operators = await Workers.build('operator.ts');
  folder = mkdtempSync(join(tmpdir(), 'boathouse-killed-anywhere-'));
  looker = await Looker.open();
  await makeTable(join(folder, 'fed'), 'fed', rows);
  await makeTable(join(folder, 'plain'), 'plain', rows);
});
afterAll(async () => {
  await looker.close();
  operators.remove();
  rmSync(folder, { recursive: true, force: true });
});

function copyOf(variant: 'plain' | 'fed'): string {
  next += 1;
  const uri = join(folder, `t${next}`);
  mkdirSync(uri);
  cpSync(join(folder, variant), uri, { recursive: true });
  return uri;
}

const cases = Object.entries(operations).map(
  ([name, operation], index) => [name, index % 2 === 0 ? 'plain' : 'fed', operation] as const,
);

describe('a process killed', () => {
  it.each(cases)(
    'while it does %s on a table that is %s leaves one state or the other',
    async (name, variant, operation) => {
      const seen = (table: string) => looker.state(table, operation.commitsTwice);
      const target = (uri: string): string => (operation.beside === true ? `${uri}-beside` : uri);
      const whole = copyOf(variant);
      const before = await seen(target(whole));
      let began = 0;
      let tookMs = 0;
      await operators.run({ uri: whole, name, rows }, (line) => {
        if (line === 'ready') began = performance.now();
        if (line === 'done') tookMs = performance.now() - began;
      });
      const after = await seen(target(whole));
      for (let kill = 0; kill < kills; kill += 1) {
        const uri = copyOf(variant);
        const afterMs = random.fraction() * tookMs * 1.1;
        const what = `seed ${seed}, killed after ${afterMs.toFixed(1)} of ${tookMs.toFixed(0)} ms`;
        await operators.run({ uri, name, rows }, (line, child) => {
          if (line === 'ready') setTimeout(() => child.kill('SIGKILL'), afterMs);
        });
        const state = await seen(target(uri));
        expect([before, after], what).toContainEqual(state);
        // What comes next works on either.
        if (state?.version !== after?.version || operation.beside === true)
          await operation.run(uri, { rows });
        expect(await seen(target(uri)), what).toEqual(after);
        const table = await DeltaTable.open(uri);
        const gone = await table.delete();
        expect(await looker.state(uri), what).toMatchObject({ version: gone.version, files: 0 });
        // Nothing that a dead process left stays for good.
        await table.vacuum({ retentionHours: 0, enforceRetention: false });
        expect(await strangers(uri, 'all'), what).toEqual([]);
      }
    },
  );
});
