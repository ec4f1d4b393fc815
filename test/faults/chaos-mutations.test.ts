/** The simulation can fail: what is broken on purpose is caught, each kind of promise by its own check. */
import { expect, it, vi } from 'vitest';
import { isBoathouseError } from '../../src/base/index.ts';
import { acquireLease } from '../../src/catalog/index.ts';
import { type FileInfo, type PutOutcome, storageErrors, wrapStorage } from '../../src/storage/index.ts';
import { type Sabotage, simulate } from './simulation/simulate.ts';

vi.mock('../../src/base/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedBase(await original<object>()),
);
vi.mock('../../src/storage/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedOpening(await original<object>()),
);
vi.mock('../../src/tables/parquet-rows.ts', async () => ({
  duckdbParquetRows: (await import('../../src/delta/contract.ts')).memoryRows,
}));

const longAgoMs = 1_000_000;

const broken: Readonly<Record<string, readonly [Sabotage, RegExp]>> = {
  'a store that overwrites where it should create': [
    {
      storage: (storage) =>
        wrapStorage(storage, {
          putIfAbsent: async (path: string, bytes: Uint8Array): Promise<PutOutcome> => {
            await storage.put(path, bytes);
            return { kind: 'created' };
          },
        }),
    },
    /overwrote/,
  ],
  'a commit that takes a number for its own that another has taken': [
    {
      storage: (storage) =>
        wrapStorage(storage, {
          putIfAbsent: async (path: string, bytes: Uint8Array): Promise<PutOutcome> => {
            await storage.putIfAbsent(path, bytes);
            return { kind: 'created' };
          },
        }),
    },
    /was told (?:version|generation) \d+, and is in/,
  ],
  'a commit that is told to have failed for certain when it may stand': [
    {
      storage: (storage) =>
        wrapStorage(storage, {
          putIfAbsent: async (path: string, bytes: Uint8Array): Promise<PutOutcome> => {
            try {
              return await storage.putIfAbsent(path, bytes);
            } catch (error) {
              if (!isBoathouseError(error, 'storage.unreachable')) throw error;
              throw storageErrors['no-space']({ path, uri: storage.uri });
            }
          },
        }),
    },
    /was told that it failed, and is (?:version|generation)|which is gone/,
  ],
  'a store whose listings are behind': [
    {
      storage: (storage) => {
        const known = new Set<string>();
        return wrapStorage(storage, {
          async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
            for await (const info of storage.list(prefix, after)) {
              if (known.has(info.path)) yield info;
              known.add(info.path);
            }
          },
        });
      },
    },
    /had been (?:committed|made)/,
  ],
  'a vacuum that takes every file for old': [
    {
      storage: (storage) =>
        wrapStorage(storage, {
          async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
            for await (const info of storage.list(prefix, after)) yield { ...info, modifiedMs: longAgoMs };
          },
        }),
    },
    /deleted .* (?:needs|had just written)/,
  ],
  'a clean-up by the clock of a host that is ahead': [
    {
      storage: (storage) =>
        wrapStorage(storage, {
          stat: async (path: string): Promise<FileInfo | undefined> => {
            const info = await storage.stat(path);
            return info && path.endsWith('_time') ? { ...info, modifiedMs: Number.MAX_SAFE_INTEGER } : info;
          },
        }),
    },
    /removed generation \d+, superseded|deleted .* (?:needs|had just written)/,
  ],
  'a vacuum that ignores what generations pin': [
    {
      lake: (storage) =>
        wrapStorage(storage, {
          async *list(): AsyncIterable<FileInfo> {
            yield* [];
          },
        }),
    },
    /deleted .* needs|is gone/,
  ],
  'a lease that never looks whether it is still held': [
    {
      acquire: async (...asked) => {
        const lease = await acquireLease(...asked);
        return { number: lease.number, check: async () => undefined, release: () => lease.release() };
      },
    },
    /wasn't told of/,
  ],
  'a lease that is taken from whoever holds it': [
    {
      acquire: (storage, name, options) => acquireLease(storage, name, { ...options, timeToLiveMs: 1_000 }),
    },
    /took turn\d from a holder that was heard of/,
  ],
};

it.each(Object.entries(broken))(
  '%s is caught',
  async (_, [sabotage, what]) => {
    const found: string[] = [];
    for (let seed = 0; seed < 150; seed += 1) {
      const { violations } = await simulate(seed, sabotage);
      found.push(...violations);
      if (violations.some((violation) => what.test(violation))) return;
    }
    expect.unreachable(`not caught; found instead: ${[...new Set(found)].slice(0, 10).join('\n')}`);
  },
  240_000,
);
