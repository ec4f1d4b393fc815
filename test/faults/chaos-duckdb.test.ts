/** The same trouble for real writes, merges, deletes, optimizes and vacuums of DuckDB: see docs/internals/chaos.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { simulateDuckdb } from './simulation/simulate-duckdb.ts';

vi.mock('../../src/base/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedBase(await original<object>()),
);
vi.mock('../../src/storage/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedOpening(await original<object>()),
);

const only = process.env['BOATHOUSE_CHAOS_SEED'];
const runs = Number(process.env['BOATHOUSE_CHAOS_DUCKDB_RUNS'] ?? 20);
const seeds = only === undefined ? Array.from({ length: runs }, (_, seed) => seed) : [Number(only)];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-chaos-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(seeds)(
  'three hosts write real rows and lose none, seed %i',
  async (seed) => {
    const { violations, trace, versions } = await simulateDuckdb(seed, folder);
    if (violations.length > 0) {
      expect.unreachable(`seed ${seed}:\n${violations.join('\n')}\n\n${trace.slice(-150).join('\n')}`);
    }
    expect(versions).toBeGreaterThan(1);
  },
  240_000,
);
