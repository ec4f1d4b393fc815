/**
 * Three hosts on one store in simulated time, with everything going wrong that can: see docs/internals/chaos.md.
 *
 * `BOATHOUSE_CHAOS_SEED=17` runs one seed and prints its schedule; `BOATHOUSE_CHAOS_RUNS=5000` runs more of them, and
 * `BOATHOUSE_CHAOS_FROM=10000` others.
 */
import { describe, expect, it, vi } from 'vitest';
import { type Outcome, simulate } from './simulation/simulate.ts';

vi.mock('../../src/base/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedBase(await original<object>()),
);
vi.mock('../../src/storage/index.ts', async (original) =>
  (await import('./simulation/ambient.ts')).simulatedOpening(await original<object>()),
);
vi.mock('../../src/tables/parquet-rows.ts', async () => ({
  duckdbParquetRows: (await import('../../src/delta/contract.ts')).memoryRows,
}));

const only = process.env['BOATHOUSE_CHAOS_SEED'];
const runs = Number(process.env['BOATHOUSE_CHAOS_RUNS'] ?? 500);
const from = Number(process.env['BOATHOUSE_CHAOS_FROM'] ?? 0);
const perTest = 50;

/** What a failure says: what is wrong, how it came to it, and how to see it again. */
function report(seed: number, { violations, trace }: Outcome): string {
  const last = trace.findIndex((line) => line.includes(' WRONG '));
  const end = last < 0 ? trace.length : last + 1;
  const schedule = only === undefined ? trace.slice(Math.max(0, end - 150), end) : trace;
  return `seed ${seed} (again with BOATHOUSE_CHAOS_SEED=${seed}):\n${violations.join('\n')}\n\n${schedule.join('\n')}`;
}

if (only === undefined) {
  describe('three hosts and a store in trouble', () => {
    it.each(Array.from({ length: Math.ceil(runs / perTest) }, (_, i) => [from + i * perTest]))(
      'keep every promise, seeds from %i on',
      async (first) => {
        for (let seed = first; seed < Math.min(first + perTest, from + runs); seed += 1) {
          const outcome = await simulate(seed);
          if (outcome.violations.length > 0) expect.unreachable(report(seed, outcome));
          expect(outcome.versions + outcome.generations).toBeGreaterThan(0);
        }
      },
      240_000,
    );

    it('give the same run for the same seed', async () => {
      const [one, other] = [await simulate(7), await simulate(7)];
      expect(one.trace.length).toBeGreaterThan(100);
      expect(other.trace).toEqual(one.trace);
    });
  });
} else {
  it(`seed ${only}`, async () => {
    const outcome = await simulate(Number(only));
    console.log(report(Number(only), outcome));
    expect(outcome.violations).toEqual([]);
  }, 240_000);
}
