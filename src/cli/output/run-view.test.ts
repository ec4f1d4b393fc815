import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { BoathouseError } from '../../base/index.ts';
import type { NodeResult, RunEvent } from '../../workflows/index.ts';
import { Footer } from './footer.ts';
import { type RunViewOptions, runView, seconds } from './run-view.ts';
import { type Terminal, wantsColors } from './terminal.ts';

function screen(columns = 80): { terminal: Terminal; text: () => string } {
  let text = '';
  const write = (piece: string): void => {
    text += piece;
  };
  const terminal: Terminal = {
    colors: picocolors.createColors(false),
    isLive: false,
    columns,
    columnsNow: () => columns,
    footer: new Footer(write, false),
    out: write,
    err: write,
    data: async () => {},
    flush: async () => {},
  };
  return { terminal, text: () => text };
}

const node = (name: string, resourceType = 'model') => ({
  uniqueId: `${resourceType}.shop.${name}`,
  name,
  resourceType,
  materialized: resourceType === 'model' ? 'table' : '',
  relation: resourceType === 'model' ? `main.${name}` : name,
  relationName: undefined,
  file: `models/${name}.sql`,
  compiledPath: `${process.cwd()}/target/compiled/shop/models/${name}.sql`,
});

function result(name: string, status: NodeResult['status'], more: Partial<NodeResult> = {}): NodeResult {
  return {
    uniqueId: name,
    status,
    message: 'OK',
    failures: null,
    adapterResponse: {},
    timing: [],
    executionTimeMs: 120,
    error: undefined,
    compiled: true,
    compiledCode: null,
    relationName: null,
    executedSql: null,
    ...more,
  };
}

const finished = (name: string, value: NodeResult, resourceType?: string): RunEvent => ({
  kind: 'node-finished',
  atMs: 0,
  node: node(name, resourceType),
  index: 1,
  total: 3,
  thread: 1,
  result: value,
});

const trouble = new BoathouseError(
  'duckdb.binder',
  { message: () => 'column "x" not found' },
  {},
  { hint: 'Use y.' },
);

const events: RunEvent[] = [
  {
    kind: 'run-started',
    atMs: 0,
    invocationId: 'i',
    command: 'build',
    project: 'shop',
    target: 'dev',
    threads: 1,
    found: { model: 2, test: 1 },
    selected: 3,
  },
  { kind: 'message', atMs: 0, level: 'debug', text: 'quiet detail', printed: false },
  {
    kind: 'message',
    atMs: 0,
    level: 'warn',
    text: 'odd key',
    printed: false,
    code: 'project.unknown-key',
    hint: 'Use z.',
  },
  { kind: 'message', atMs: 0, level: 'info', text: 'from print()', printed: true },
  finished('a', result('a', 'success', { adapterResponse: { _message: 'OK', rows_affected: 3 } })),
  finished('b', result('b', 'error', { message: trouble.message, error: trouble })),
  finished(
    'c',
    result('c', 'fail', { message: 'Got 2 results, configured to fail if != 0', failures: 2 }),
    'test',
  ),
  {
    kind: 'run-finished',
    atMs: 0,
    command: 'build',
    counts: { pass: 1, warn: 0, error: 2, skip: 0, noOp: 0, total: 3 },
    elapsedMs: 1234,
    interrupted: false,
  },
];

function drawn(options: Partial<RunViewOptions>, columns?: number): string {
  const { terminal, text } = screen(columns);
  const view = runView(terminal, { quiet: false, debug: false, print: true, ...options });
  for (const event of events) view(event);
  return text();
}

describe('runView', () => {
  it('prints a line a node, then the failures, then the sum', () => {
    const lines = drawn({}).split('\n');
    expect(lines[0]).toBe('shop on target dev, 1 thread: 2 models, 1 test');
    expect(lines).toContain('warning[project.unknown-key]: odd key');
    expect(lines.find((line) => line.includes('main.a'))).toMatch(/^ OK {4} table +main\.a +3 rows +0\.12s$/);
    expect(lines.find((line) => line.includes('FAIL'))).toMatch(/2 rows/);
    expect(lines).toContain('error in model b (models/b.sql) [duckdb.binder]');
    expect(lines).toContain('  column "x" not found');
    expect(lines).toContain('  hint: Use y.');
    expect(lines).toContain('  compiled: target/compiled/shop/models/b.sql');
    expect(lines).toContain('Finished build in 1.23s');
    expect(lines).toContain('Done. PASS=1 WARN=0 ERROR=2 SKIP=0 NO-OP=0 TOTAL=3');
    expect(drawn({})).not.toContain('quiet detail');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([20, 40, 60, 200])('draws on %i columns', (columns) => {
    expect(drawn({}, columns)).toContain('PASS=1');
  });

  it('keeps to failures and prints when quiet', () => {
    const text = drawn({ quiet: true });
    expect(text).toContain('from print()');
    expect(text).toContain('column "x" not found');
    expect(text).not.toContain('main.a');
    expect(text).not.toContain('PASS=');
  });

  it('tells everything under debug', () => {
    expect(drawn({ debug: true })).toContain('quiet detail');
  });
});

describe('seconds', () => {
  it.each([
    [42, '0.04s'],
    [12_340, '12.3s'],
    [245_000, '4m 05s'],
  ])('says %i ms as %s', (ms, text) => expect(seconds(ms)).toBe(text));
});

describe('wantsColors', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('on a terminal: %s, with %o: %s', (tty, env, expected) => {
    expect(wantsColors(tty, env as Record<string, string>)).toBe(expected);
  });
});
