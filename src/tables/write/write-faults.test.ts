import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../../base/index.ts';
import { readSnapshot } from '../../delta/index.ts';
import { FaultyStorage, faults, LocalStorage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append, overwrite, writeDelta } from './write-delta.ts';

let folder: string;
let next = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-write-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rowsOf = async (root: string): Promise<number[]> => {
  const { sql } = await openDeltaRelation(root);
  return withScratchSession(async (session) => {
    const { rows } = await session.query(`SELECT a FROM (${sql}) ORDER BY a`);
    return rows.map(([a]) => Number(a));
  });
};

const writes = {
  append: {
    run: (handle: TableHandle) => append(handle, [{ a: 9, p: 'x' }]),
    after: [0, 1, 2, 3, 9],
  },
  'overwrite of a condition': {
    run: (handle: TableHandle) => overwrite(handle, [{ a: 9, p: 'x' }], { replaceWhere: 'a > 1' }),
    after: [0, 1, 9],
  },
} as const;

describe.each(Object.entries(writes))('an %s', (_, { run, after }) => {
  it.each(faults)(
    'whose storage has a %s at any call lands whole or not at all',
    async (fault) => {
      for (let failing = 1, calls = 1; failing <= calls; failing += 1) {
        next += 1;
        const root = path.join(folder, `t${next}`);
        await writeDelta(root, {
          sql: "SELECT a::BIGINT AS a, if(a % 2 = 0, 'x', 'y') AS p FROM range(4) t(a)",
        });
        const local = new LocalStorage(root);
        const snapshot = await readSnapshot(local, { rows: duckdbParquetRows });
        const storage = new FaultyStorage(local, new Map([[failing, fault]]));
        const handle = TableHandle.of(storage, snapshot);
        let failed: unknown;
        try {
          await run(handle);
        } catch (error) {
          failed = error;
        }
        calls = Math.max(calls, storage.calls);
        const rows = await rowsOf(root);
        expect([[0, 1, 2, 3], after]).toContainEqual(rows);
        if (failed === undefined) expect(rows).toEqual(after);
        else expect(isBoathouseError(failed, 'storage.unreachable')).toBe(true);
        await assertNoStrangers(root, failed !== undefined);
      }
    },
    120_000,
  );
});

/** Files that no version names are left only where storage couldn't say whether a commit arrived. */
async function assertNoStrangers(root: string, mayHaveFailed: boolean): Promise<void> {
  const storage = new LocalStorage(root);
  const { files, tombstones } = await readSnapshot(storage, { rows: duckdbParquetRows });
  const known = new Set([...files.values(), ...tombstones.values()].map((file) => file.path));
  const strangers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet') && !file.startsWith('_delta_log'))
    .filter((file) => !known.has(file));
  if (!mayHaveFailed) expect(strangers).toEqual([]);
  else expect(strangers.length).toBeLessThanOrEqual(2);
}
