/** Commands from a program, on the project that `init` writes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { DbtLogLine, ListedResource, RunEvent, RunResult } from '../workflows/index.ts';
import { invoke } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-invoke-'));
const shop = join(folder, 'shop');
const other = join(folder, 'other');
const at = (dir: string): string[] => ['--project-dir', dir, '--profiles-dir', dir];
const env = { PATH: process.env['PATH'] };

beforeAll(async () => {
  for (const dir of [shop, other]) await invoke(['init', dir], { env });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

describe('invoke', () => {
  it('gives a typed result, the events and dbt’s log lines, and prints nothing', async () => {
    const out = vi.spyOn(process.stdout, 'write');
    const err = vi.spyOn(process.stderr, 'write');
    const exit = vi.spyOn(process, 'exit');
    const events: RunEvent[] = [];
    const lines: DbtLogLine[] = [];
    const built = await invoke(['build', ...at(shop)], {
      env,
      onEvent: (event) => events.push(event),
      onLog: (line) => lines.push(line),
    });
    expect([out, err, exit].map((spy) => spy.mock.calls)).toEqual([[], [], []]);
    expect(built).toMatchObject({ success: true, exitCode: 0, error: undefined });
    expectTypeOf(built.result).toEqualTypeOf<RunResult | undefined>();
    expect(built.result?.counts.total).toBe(11);
    expect(events[0]?.kind).toBe('invoked');
    expect(events.at(-1)?.kind).toBe('run-finished');
    expect(lines.map(({ info }) => info.name)).toEqual(
      expect.arrayContaining([
        'MainReportVersion',
        'LogStartLine',
        'LogModelResult',
        'NodeFinished',
        'StatsLine',
      ]),
    );
    expect(new Set(lines.map(({ info }) => info.invocation_id)).size).toBe(1);
  });

  it('hands over what would be printed to those who take it', async () => {
    const printed: [string, string][] = [];
    const listed = await invoke(['ls', '--resource-type', 'model', '--output', 'name', ...at(shop)], {
      env,
      onOutput: (text, stream) => printed.push([stream, text]),
    });
    expectTypeOf(listed.result).toEqualTypeOf<readonly ListedResource[] | undefined>();
    expect(listed.result?.map(({ name }) => name)).toEqual(['bronze_orders', 'daily_revenue', 'orders']);
    expect(printed).toEqual([['stdout', 'bronze_orders\ndaily_revenue\norders\n']]);
    const version: string[] = [];
    await invoke(['--version'], { env, onOutput: (text) => version.push(text) });
    expect(version.join('')).toMatch(/^boathouse \d/);
  });

  it.each([
    [['biuld'], 'cli.usage'],
    [['build', '--threads', 'many'], 'cli.bad-value'],
    [['build', '--project-dir', join(folder, 'nowhere')], 'project.not-a-project'],
    [['open', ...at(shop)], 'cli.usage'],
    [['ls', '--select', 'nothing:x', ...at(shop)], 'compiler.bad-selector'],
  ])('answers %j with the error, and throws nothing', async (args, code) => {
    const names: string[] = [];
    const { success, exitCode, result, error } = await invoke(args, {
      env,
      onLog: ({ info }) => names.push(info.name),
    });
    expect(names.at(-1)).toBe('MainEncounteredError');
    expect({ success, exitCode, result }).toEqual({ success: false, exitCode: 2, result: undefined });
    expect(error).toMatchObject({ code });
  });

  it('tells failed nodes from failed commands', async () => {
    writeFileSync(join(other, 'models/bad.sql'), 'select nope from nowhere');
    const { success, exitCode, result, error } = await invoke(['run', '--select', 'bad', ...at(other)], {
      env,
    });
    expect({ success, exitCode, error }).toEqual({ success: false, exitCode: 1, error: undefined });
    expect(result?.results.map(({ status }) => status)).toEqual(['error']);
    rmSync(join(other, 'models/bad.sql'));
  });

  it('runs several at once, each with its own events and variables', async () => {
    const ids: string[][] = [[], [], []];
    const all = await Promise.all([
      invoke(['build', ...at(shop)], { env, onLog: ({ info }) => ids[0]?.push(info.invocation_id) }),
      invoke(['build', ...at(other)], { env, onLog: ({ info }) => ids[1]?.push(info.invocation_id) }),
      invoke(['build', ...at(shop)], {
        env: { ...env, DBT_THREADS: '2' },
        onLog: ({ info }) => ids[2]?.push(info.invocation_id),
      }),
    ]);
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(ids.map((list) => new Set(list).size)).toEqual([1, 1, 1]);
    expect(new Set(ids.flat()).size).toBe(3);
  });

  it('stops when its signal is aborted', async () => {
    const stop = new AbortController();
    const ended = await invoke(['build', '--full-refresh', ...at(shop)], {
      env,
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'node-started') stop.abort();
      },
    });
    expect(ended).toMatchObject({ success: false, exitCode: 130 });
  });

  it('lets a command end before it throws what a callback has thrown', async () => {
    const kinds: string[] = [];
    const onEvent = ({ kind }: RunEvent): void => {
      kinds.push(kind);
      if (kind === 'run-started') throw new Error('mine');
    };
    await expect(invoke(['build', ...at(shop)], { env, onEvent })).rejects.toThrow('mine');
    expect(kinds.at(-1)).toBe('run-finished');
  });
});
