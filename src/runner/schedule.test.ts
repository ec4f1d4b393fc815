import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Schedule, type WorkItem } from './schedule.ts';

/** Graphs whose edges go from lower to higher numbers: every acyclic graph up to renaming. */
const graphs: fc.Arbitrary<WorkItem[]> = fc
  .array(fc.array(fc.nat(30), { maxLength: 4 }), { minLength: 0, maxLength: 25 })
  .map((rows) =>
    rows.map((row, i) => ({ id: `n${i}`, after: i === 0 ? [] : row.map((parent) => `n${parent % i}`) })),
  );

function ancestors(items: readonly WorkItem[], id: string): Set<string> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const found = new Set<string>();
  const reached = [id];
  for (const at of reached) {
    for (const parent of byId.get(at)?.after ?? []) {
      if (found.has(parent)) continue;
      found.add(parent);
      reached.push(parent);
    }
  }
  return found;
}

describe('Schedule', () => {
  it('hands out roots first, then levels, by id within a level', () => {
    const schedule = new Schedule([
      { id: 'z', after: [] },
      { id: 'c', after: ['a'] },
      { id: 'a', after: [] },
      { id: 'b', after: ['z', 'a'] },
    ]);
    expect([schedule.take(), schedule.take(), schedule.take()]).toEqual(['a', 'z', undefined]);
    schedule.finish('a', 'ok');
    expect(schedule.take()).toBe('c');
    schedule.finish('z', 'ok');
    expect(schedule.take()).toBe('b');
  });

  it('ignores what is waited for outside the run', () => {
    expect(new Schedule([{ id: 'a', after: ['elsewhere'] }]).take()).toBe('a');
  });

  it('skips everything after a failure, nearest first, and nothing else', () => {
    const schedule = new Schedule([
      { id: 'a', after: [] },
      { id: 'b', after: ['a'] },
      { id: 'c', after: ['b'] },
      { id: 'd', after: [] },
      { id: 'e', after: ['d'] },
    ]);
    schedule.take();
    expect(schedule.finish('a', 'failed')).toEqual([
      { id: 'b', because: 'a' },
      { id: 'c', because: 'a' },
    ]);
    expect(schedule.take()).toBe('d');
    schedule.finish('d', 'ok');
    expect(schedule.take()).toBe('e');
    schedule.finish('e', 'ok');
    expect(schedule.isComplete).toBe(true);
  });

  it('skips what has not been taken when stopped, and is complete once the rest finishes', () => {
    const schedule = new Schedule([
      { id: 'a', after: [] },
      { id: 'b', after: [] },
      { id: 'c', after: ['a'] },
    ]);
    schedule.take();
    expect(schedule.stop()).toEqual(['b', 'c']);
    expect(schedule.isComplete).toBe(false);
    expect(schedule.finish('a', 'ok')).toEqual([]);
    expect(schedule.isComplete).toBe(true);
    expect(schedule.take()).toBeUndefined();
  });

  it('does or skips each item exactly once, after all it waits for, whatever fails in whatever order', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat(9)), fc.nat(6), (items, dice, threads) => {
        const schedule = new Schedule(items);
        const done = new Set<string>();
        const failed = new Set<string>();
        const skipped = new Set<string>();
        const running: string[] = [];
        while (!schedule.isComplete) {
          while (running.length <= threads) {
            const id = schedule.take();
            if (id === undefined) break;
            expect(done.has(id) || failed.has(id) || skipped.has(id) || running.includes(id)).toBe(false);
            for (const parent of items.find((item) => item.id === id)!.after) expect(done).toContain(parent);
            running.push(id);
          }
          expect(schedule.running).toBe(running.length);
          expect(running.length).toBeGreaterThan(0);
          const [finished] = running.splice(dice.next().value! % running.length, 1);
          const fails = dice.next().value === 0;
          (fails ? failed : done).add(finished!);
          for (const skip of schedule.finish(finished!, fails ? 'failed' : 'ok')) {
            expect(skipped.has(skip.id)).toBe(false);
            skipped.add(skip.id);
          }
        }
        expect(done.size + failed.size + skipped.size).toBe(items.length);
        for (const { id } of items) {
          const doomed = [...ancestors(items, id)].some((above) => failed.has(above));
          expect(skipped.has(id)).toBe(doomed);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('schedules a chain and a fan of thousands in well under a second', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => ({
      id: `c${i}`,
      after: i === 0 ? [] : [`c${i - 1}`],
    }));
    const fan = Array.from({ length: 5000 }, (_, i) => ({ id: `f${i}`, after: ['c0'] }));
    const schedule = new Schedule([...fan, ...chain]);
    let count = 0;
    for (let id = schedule.take(); id !== undefined; id = schedule.take()) {
      schedule.finish(id, 'ok');
      count += 1;
    }
    expect(count).toBe(10_000);
  });
});
