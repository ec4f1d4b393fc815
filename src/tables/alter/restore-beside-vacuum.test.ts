/** A restore and a vacuum at once: whatever the order of their steps, no version names a file that is gone. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock, isBoathouseError } from '../../base/index.ts';
import { readSnapshot } from '../../delta/index.ts';
import { openStorage, type Storage, wrapStorage } from '../../storage/index.ts';
import { vacuum } from '../maintain/vacuum.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { append, overwrite } from '../write/write-delta.ts';
import { createTable } from './create-table.ts';
import { restoreTable } from './restore-table.ts';

const hourMs = 3_600_000;
let root: string;
let tables = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'boathouse-restore-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A table whose first file was replaced longer ago than files are kept. */
async function replaced(): Promise<string> {
  tables += 1;
  const folder = path.join(root, `t${tables}`);
  await createTable(folder, { schema: 'id BIGINT' });
  const handle = await TableHandle.open(folder);
  const clockOf = (hours: number) => fixedClock(Date.now() - hours * hourMs);
  await append(handle, [{ id: 1n }], { clock: clockOf(400) });
  await overwrite(handle, [{ id: 2n }], { clock: clockOf(300) });
  const time = new Date(Date.now() - 300 * hourMs);
  const names = await readdir(folder, { recursive: true });
  for (const name of names.reverse()) await utimes(path.join(folder, name), time, time);
  return folder;
}

/** `inner`, with `work` done whole before its call number `at`. Counts the calls. */
function interrupted(
  inner: Storage,
  at: number,
  work: () => Promise<void>,
): { readonly storage: Storage; readonly calls: () => number } {
  let calls = 0;
  const before = async (): Promise<void> => {
    calls += 1;
    if (calls === at) await work();
  };
  const storage = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || name === 'locate') return member;
      if (name === 'list') {
        return async function* (prefix: string, after?: string) {
          await before();
          yield* target.list(prefix, after);
        };
      }
      return async (...given: unknown[]) => {
        await before();
        return await Reflect.apply(member, target, given);
      };
    },
  });
  return { storage, calls: () => calls };
}

async function opened(storage: Storage): Promise<TableHandle> {
  return TableHandle.of(storage, await readSnapshot(storage, { rows: duckdbParquetRows }));
}

async function restored(storage: Storage): Promise<boolean> {
  try {
    const handle = await opened(storage);
    return (await restoreTable(handle, { version: 1 })).kind === 'restored';
  } catch (error) {
    const isRefused =
      isBoathouseError(error, 'tables.files-are-gone') || isBoathouseError(error, 'tables.vacuum-under-way');
    if (!isRefused) throw error;
    return false;
  }
}

/** The files of the newest version are there. */
async function expectWhole(folder: string, when: string): Promise<void> {
  const { snapshot } = await TableHandle.open(folder);
  for (const { path: name } of snapshot.files.values()) {
    expect(existsSync(path.join(folder, name)), `${when}: ${name} of version ${snapshot.version}`).toBe(true);
  }
}

describe('a restore beside a vacuum', () => {
  it('leaves no version without its files when it comes before any step of the vacuum', async () => {
    const outcomes = new Set<boolean>();
    for (let at = 1, calls = 1; at <= calls; at += 1) {
      const folder = await replaced();
      const inner = openStorage(folder);
      const way = interrupted(inner, at, async () => void outcomes.add(await restored(inner)));
      await vacuum(await opened(way.storage));
      await expectWhole(folder, `before call ${at}`);
      calls = way.calls();
    }
    expect(outcomes).toEqual(new Set([true, false]));
  });

  it('leaves no version without its files when the vacuum comes before any of its steps', async () => {
    const outcomes = new Set<boolean>();
    for (let at = 1, calls = 1; at <= calls; at += 1) {
      const folder = await replaced();
      const inner = openStorage(folder);
      const way = interrupted(inner, at, async () => void (await vacuum(await opened(inner))));
      outcomes.add(await restored(way.storage));
      await expectWhole(folder, `before call ${at}`);
      calls = way.calls();
    }
    expect(outcomes.has(false)).toBe(true);
  });

  it('waits for one that was killed only where that may have deleted what comes back, and for a day', async () => {
    const folder = await replaced();
    const inner = openStorage(folder);
    const die = (): Promise<never> => Promise.reject(new Error('killed'));
    const cut = wrapStorage(inner, {
      removeAll: (files) =>
        files.some((file) => file.endsWith('.parquet')) ? die() : inner.removeAll(files),
      // A process that was killed tells nobody that it has ended.
      putIfAbsent: (file, bytes) =>
        new TextDecoder().decode(bytes).includes('VACUUM END') ? die() : inner.putIfAbsent(file, bytes),
    });
    await expect(vacuum(await opened(cut))).rejects.toThrow('killed');
    const handle = await opened(inner);
    expect(handle.snapshot.version).toBe(3);
    await expect(restoreTable(handle, { version: 1 })).rejects.toMatchObject({
      code: 'tables.vacuum-under-way',
    });
    // What it keeps comes back all the same.
    await append(handle, [{ id: 3n }]);
    expect(await restoreTable(handle, { version: 2 })).toMatchObject({ kind: 'restored', version: 5 });
    const tomorrow = fixedClock(Date.now() + 25 * hourMs);
    expect(await restoreTable(handle, { version: 1 }, { clock: tomorrow })).toMatchObject({
      kind: 'restored',
    });
  });
});
