/** Storage that fails at any one call, or from one call on, during every operation: it happens whole or not at all. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BoathouseError, isBoathouseError } from '../../src/base/index.ts';
import { type Fault, FaultyStorage, LocalStorage, type Storage } from '../../src/storage/index.ts';
import { makeTable, operations, type Variant, variants } from './operations.ts';
import { Looker, strangers, type TableState } from './state.ts';

/** Which storage `openStorage` gives instead of the plain one, by path. */
const faulty = vi.hoisted(() => new Map<string, unknown>());

vi.mock('../../src/storage/index.ts', async (original) => {
  const real = await original<typeof import('../../src/storage/index.ts')>();
  const openStorage: typeof real.openStorage = (uri, options) =>
    (faulty.get(uri.replace(/^file:\/\//, '')) as Storage | undefined) ?? real.openStorage(uri, options);
  return { ...real, openStorage };
});

vi.mock('../../src/base/index.ts', async (original) => {
  const real = await original<typeof import('../../src/base/index.ts')>();
  // Storage that is down for good is asked again and again: without waiting here.
  const sleep = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { ...real, systemClock: { nowMs: () => Date.now(), sleep } };
});

const rows = 60;

/** How storage fails. Single failures are mostly got over; which of them meets which variant is shared out. */
const ways = {
  plain: ['lost-reply', 'down from then on'],
  fed: ['before', 'torn', 'down from then on'],
} as const;

/** Every call from `first` on fails. */
class DownFrom extends Map<number, Fault> {
  readonly #first: number;

  constructor(first: number) {
    super();
    this.#first = first;
  }

  override get(call: number): Fault | undefined {
    return call >= this.#first ? 'before' : undefined;
  }
}

let folder: string;
let looker: Looker;
let next = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-every-call-'));
  looker = await Looker.open();
  for (const variant of Object.keys(variants) as Variant[]) {
    await makeTable(join(folder, variant), variant, rows);
  }
});
afterAll(async () => {
  await looker.close();
  rmSync(folder, { recursive: true, force: true });
});

function copyOf(variant: Variant): string {
  next += 1;
  const uri = join(folder, `t${next}`);
  mkdirSync(uri);
  cpSync(join(folder, variant), uri, { recursive: true });
  return uri;
}

/** The operation on storage that fails by `plan`. */
async function failing(
  uri: string,
  plan: Map<number, Fault>,
  run: () => Promise<unknown>,
): Promise<{ error: unknown; calls: number }> {
  const counted = [uri, `${uri}-beside`].map((path) => {
    const storage = new FaultyStorage(new LocalStorage(path), plan);
    faulty.set(path, storage);
    return storage;
  });
  try {
    await run();
    return { error: undefined, calls: Math.max(...counted.map(({ calls }) => calls)) };
  } catch (error) {
    return { error, calls: Math.max(...counted.map(({ calls }) => calls)) };
  } finally {
    faulty.clear();
  }
}

const cases = Object.entries(operations).flatMap(([name, operation]) =>
  (operation.moves ? (['plain', 'fed'] as const) : (['plain'] as const)).map(
    (variant) => [name, variant, operation] as const,
  ),
);

describe.each(cases)('%s on a table that is %s', (_, variant, operation) => {
  const about = { rows, transaction: { appId: 'test', version: 1 } };
  const seen = (table: string) => looker.state(table, operation.commitsTwice);
  const target = (uri: string): string => (operation.beside === true ? `${uri}-beside` : uri);

  it.each(operation.moves ? ways[variant] : [...new Set([...ways.plain, ...ways.fed])])(
    'is whole or never was, whichever call fails (%s)',
    async (way) => {
      let before: TableState | undefined;
      let after: TableState | undefined;
      {
        const uri = copyOf(variant);
        before = await seen(target(uri));
        await operation.run(uri, about);
        after = await seen(target(uri));
      }
      let told = 0;
      let calls = 1;
      for (let at = 1; at <= calls; at += 1) {
        const uri = copyOf(variant);
        const plan = way === 'down from then on' ? new DownFrom(at) : new Map([[at, way]]);
        const what = `${way} at call ${at}`;
        const { error, calls: made } = await failing(uri, plan, () => operation.run(uri, about));
        if (way !== 'down from then on') calls = Math.max(calls, made);
        else if (error === undefined) break;
        else calls = at + 1;
        if (error !== undefined) {
          told += 1;
          expect(isBoathouseError(error), `${what}: ${String((error as Error).stack)}`).toBe(true);
          const { code } = error as BoathouseError;
          expect(code, what).toMatch(
            /^storage\.|^delta\.(commit-conflict|corrupt-log)$|^tables\.damaged-file$/,
          );
        }
        const state = await seen(target(uri));
        expect([before, after], what).toContainEqual(state);
        if (error === undefined) expect(state, what).toEqual(after);
        const isDone = state?.version === after?.version;

        // A second try lands it, once; where the first one said that it did, to see that once is enough.
        if (error !== undefined || at === 1) {
          if (operation.isOnce || !isDone || operation.beside === true) await operation.run(uri, about);
          expect(await seen(target(uri)), `${what}, again`).toEqual(after);
        }
        if (operation.beside === true) continue;
        const left = await strangers(uri);
        if (error === undefined && way !== 'down from then on')
          expect(left.length, `${what}: ${left}`).toBeLessThanOrEqual(1);
      }
      expect(calls).toBeGreaterThan(1);
      if (way === 'down from then on') expect(told).toBeGreaterThan(0);
    },
  );
});
