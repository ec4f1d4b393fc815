import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matching } from './completions.ts';
import { historyFile, readHistory, writeHistory } from './history.ts';
import { wordsForPrompt } from './words.ts';

describe('a line at the prompt', () => {
  it.each([
    ['\\q', { kind: 'quit' }],
    [' .quit ', { kind: 'quit' }],
    ['EXIT', { kind: 'quit' }],
    ['\\d', { kind: 'tables', pattern: undefined }],
    ['\\dt gold.*', { kind: 'tables', pattern: 'gold.*' }],
    ['\\d gold.orders;', { kind: 'describe', name: 'gold.orders' }],
    ['.schema "a b"', { kind: 'describe', name: '"a b"' }],
    ['.refresh', { kind: 'refresh' }],
    ['.nonsense x', { kind: 'unknown', text: '.nonsense' }],
    ['select 1', undefined],
    ['exit from t', undefined],
    ['', undefined],
  ])('%j is %j', (line, word) => {
    expect(wordsForPrompt(line)).toEqual(word);
  });

  it('is completed by what begins as it does', () => {
    expect(matching(['gold.orders', 'gold.Days', 'SELECT', 'gold.orders'], 'GOLD')).toEqual([
      'gold.orders',
      'gold.Days',
    ]);
    expect(matching(['a'], '')).toEqual([]);
  });
});

describe('the history', () => {
  it('is kept for its user alone, without what begins with a blank, a thousand lines at most', () => {
    const home = mkdtempSync(join(tmpdir(), 'boathouse-history-'));
    const file = historyFile({ XDG_STATE_HOME: join(home, 'state') });
    writeHistory(file, ['newest', ' a secret', '', 'oldest']);
    expect(readFileSync(file, 'utf8')).toBe('oldest\nnewest\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readHistory(file)).toEqual(['newest', 'oldest']);
    writeHistory(
      file,
      Array.from({ length: 1500 }, (_, i) => `line ${i}`),
    );
    expect(readHistory(file)).toHaveLength(1000);
    expect(readHistory(file)[0]).toBe('line 0');
    expect(readHistory(join(home, 'nothing'))).toEqual([]);
    expect(() => writeHistory(join(file, 'below-a-file'), ['x'])).not.toThrow();
    rmSync(home, { recursive: true });
  });
});
