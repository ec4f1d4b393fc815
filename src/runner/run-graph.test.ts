import { describe, expect, it } from 'vitest';
import { BoathouseError, fixedClock, seededRandom } from '../base/index.ts';
import type { NodeResult } from '../targets/index.ts';
import { countResults } from './counts.ts';
import type { NodeFacts, RunEvent } from './events.ts';
import { type RunGraphOptions, runGraph, skippedResult } from './run-graph.ts';

const describeNode = (uniqueId: string): NodeFacts => ({
  uniqueId,
  name: uniqueId,
  resourceType: 'model',
  materialized: 'table',
  relation: uniqueId,
  relationName: undefined,
  file: `${uniqueId}.sql`,
  compiledPath: undefined,
});

function ok(uniqueId: string, status: NodeResult['status'] = 'success'): NodeResult {
  return { ...skippedResult(uniqueId, 'OK'), status };
}

function trouble(code: string, retryable: boolean): BoathouseError {
  return new BoathouseError(code, { message: () => code, retryable }, {}, {});
}

function harness(
  run: (id: string, signal: AbortSignal) => Promise<NodeResult>,
  more: Partial<RunGraphOptions> = {},
) {
  const events: RunEvent[] = [];
  const options: RunGraphOptions = {
    threads: 1,
    clock: fixedClock(0),
    random: seededRandom(1),
    describe: describeNode,
    ...more,
  };
  const go = (...items: [id: string, after: string[]][]) =>
    runGraph(
      items.map(([id, after]) => ({ id, after })),
      { runNode: run },
      options,
      (event) => events.push(event),
    );
  return { events, go };
}

const states = (results: readonly NodeResult[]): Record<string, string> =>
  Object.fromEntries(results.map((r) => [r.uniqueId, r.status]));

describe('runGraph', () => {
  it('runs parents first and gives every node one result', async () => {
    const seen: string[] = [];
    const { go, events } = harness(async (id) => {
      seen.push(id);
      return ok(id);
    });
    const { results } = await go(['b', ['a']], ['a', []], ['c', ['b']]);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(states(results)).toEqual({ a: 'success', b: 'success', c: 'success' });
    expect(events.map((e) => e.kind)).toEqual(
      Array.from({ length: 3 }, () => ['node-started', 'node-finished']).flat(),
    );
  });

  it('returns at once when there is nothing to run', async () => {
    const { go } = harness(async (id) => ok(id));
    expect((await go()).results).toEqual([]);
  });

  it.each([1, 2, 3, 8])('never runs more than %i nodes at once, and reaches that', async (threads) => {
    let running = 0;
    let most = 0;
    const { go } = harness(
      async (id) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        return ok(id);
      },
      { threads },
    );
    await go(...Array.from({ length: 12 }, (_, i): [string, string[]] => [`n${i}`, []]));
    expect(most).toBe(threads);
  });

  it('makes a thrown error the result of that node, and skips only its descendants', async () => {
    const { go } = harness(async (id) => {
      if (id === 'a') throw trouble('targets.sql-failed', false);
      return ok(id);
    });
    const { results } = await go(['a', []], ['b', ['a']], ['c', ['b']], ['d', []]);
    expect(states(results)).toEqual({ a: 'error', b: 'skipped', c: 'skipped', d: 'success' });
    expect(results.find((r) => r.uniqueId === 'a')?.error?.code).toBe('targets.sql-failed');
    expect(results.find((r) => r.uniqueId === 'c')?.message).toBe('Skipped because model a did not succeed');
  });

  it('reports what is not a BoathouseError as our own mistake', async () => {
    const { go } = harness(async () => {
      throw new TypeError('x is not a function');
    });
    const { results } = await go(['a', []]);
    expect(results[0]?.error?.code).toBe('runner.internal-error');
  });

  it('tries a retryable error again, and says so', async () => {
    let calls = 0;
    const { go, events } = harness(async (id) => {
      calls += 1;
      if (calls < 3) throw trouble('delta.commit-conflict', true);
      return ok(id);
    });
    expect(states((await go(['a', []])).results)).toEqual({ a: 'success' });
    expect(events.filter((e) => e.kind === 'node-retried').map((e) => e.attempt)).toEqual([1, 2]);
  });

  it('gives up on a retryable error after the allowed attempts', async () => {
    let calls = 0;
    const { go } = harness(
      async () => {
        calls += 1;
        throw trouble('delta.commit-conflict', true);
      },
      { retries: { attemptsMax: 2, delayMsMin: 1, delayMsMax: 1 } },
    );
    expect(states((await go(['a', []])).results)).toEqual({ a: 'error' });
    expect(calls).toBe(2);
  });

  it('lets warnings through, and stops at failed tests', async () => {
    const { go } = harness(async (id) => ok(id, id === 'bad' ? 'fail' : id === 'meh' ? 'warn' : 'pass'));
    const { results } = await go(['bad', []], ['meh', []], ['x', ['bad']], ['y', ['meh']]);
    expect(states(results)).toEqual({ bad: 'fail', meh: 'warn', x: 'skipped', y: 'pass' });
    expect(countResults(results)).toEqual({ pass: 1, warn: 1, error: 1, skip: 1, noOp: 0, total: 4 });
  });

  it('counts a warning as a failure under warn-error', async () => {
    const { go } = harness(async (id) => ok(id, 'warn'), { warnError: true });
    expect(states((await go(['a', []], ['b', ['a']])).results)).toEqual({ a: 'fail', b: 'skipped' });
  });

  it('stops at the first failure under fail-fast, interrupting what runs', async () => {
    const { go, events } = harness(
      async (id, signal) => {
        if (id === 'a') throw trouble('targets.sql-failed', false);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        throw trouble('duckdb.interrupted', false);
      },
      { threads: 2, failFast: true },
    );
    const { results, interrupted } = await go(['b', []], ['a', []], ['c', []], ['d', ['c']]);
    expect(states(results)).toEqual({ a: 'error', b: 'skipped', c: 'skipped', d: 'skipped' });
    expect(interrupted).toBe(false);
    expect(events.some((e) => e.kind === 'stopping' && e.reason === 'fail-fast')).toBe(true);
  });

  it('keeps a real failure that arrives while stopping', async () => {
    const { go } = harness(
      async (_id, signal) => {
        if (!signal.aborted) await Promise.resolve();
        throw trouble('targets.sql-failed', false);
      },
      { threads: 2, failFast: true },
    );
    expect(states((await go(['a', []], ['b', []])).results)).toEqual({ a: 'error', b: 'error' });
  });

  it('stops cleanly when the signal aborts: running work is told, the rest is skipped', async () => {
    const interrupt = new AbortController();
    const { go } = harness(
      async (id, signal) => {
        if (id === 'a') return ok(id);
        interrupt.abort();
        expect(signal.aborted).toBe(true);
        throw trouble('duckdb.interrupted', false);
      },
      { signal: interrupt.signal },
    );
    const { results, interrupted } = await go(['a', []], ['b', ['a']], ['c', ['b']]);
    expect(states(results)).toEqual({ a: 'success', b: 'skipped', c: 'skipped' });
    expect(interrupted).toBe(true);
  });

  it('runs nothing when the signal is aborted already', async () => {
    const { go } = harness(async (id) => ok(id), { signal: AbortSignal.abort() });
    expect(states((await go(['a', []])).results)).toEqual({ a: 'skipped' });
  });

  it('rejects when a listener throws, rather than hang', async () => {
    const options = { threads: 1, clock: fixedClock(0), describe: describeNode };
    const emit = (event: RunEvent): void => {
      if (event.kind === 'node-finished') throw new Error('a listener broke');
    };
    const target = { runNode: async (id: string) => ok(id) };
    await expect(runGraph([{ id: 'a', after: [] }], target, options, emit)).rejects.toThrow(
      'a listener broke',
    );
  });

  it.each([0, 1.5, -1, Number.NaN, 5000])('refuses %d threads', async (threads) => {
    const { go } = harness(async (id) => ok(id), { threads });
    await expect(go(['a', []])).rejects.toMatchObject({ code: 'runner.bad-threads' });
  });
});
