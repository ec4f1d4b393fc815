import picocolors from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Flags } from '../flags.ts';
import { Footer } from './footer.ts';
import { openProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

const terminal: Terminal = {
  colors: picocolors.createColors(false),
  isLive: false,
  columns: 60,
  footer: new Footer(() => {}, false),
  columnsNow: () => 60,
  out: () => {},
  err: () => {},
  data: async () => {},
  flush: async () => {},
};

/** What stands on standard error after `given`, half a second later. */
function shown(given: Readonly<Record<string, boolean>>, isTTY: boolean): string {
  let text = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((piece) => {
    text += String(piece);
    return true;
  });
  const before = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: isTTY, configurable: true });
  const line = openProgress(terminal, new Flags(given));
  for (let done = 0; done <= 1000; done += 1) {
    line.onProgress({ phase: 'looking for rows', done, total: 1000, unit: 'files' });
  }
  vi.advanceTimersByTime(500);
  line.stop();
  if (before === undefined) Reflect.deleteProperty(process.stderr, 'isTTY');
  else Object.defineProperty(process.stderr, 'isTTY', before);
  return text;
}

describe('the line of progress', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('is drawn a few times a second, however much news there is', () => {
    const lines = shown({}, true).match(/looking for rows: 1,000 of 1,000 files/g);
    expect(lines).toHaveLength(5);
  });

  it.each([
    ['standard error is no terminal', {}, false],
    ['the command is quiet', { quiet: true }, true],
    ['the command answers in JSON', { json: true }, true],
  ] as const)('is left out where %s', (_, given, isTTY) => expect(shown(given, isTTY)).toBe(''));
});
