import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secrets } from '../base/index.ts';
import type { RunEvent } from '../runner/index.ts';
import { LogFile } from './log-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const message = (text: string): RunEvent => ({
  kind: 'message',
  atMs: 0,
  level: 'info',
  text,
  printed: false,
});
const lines = (): Record<string, Record<string, unknown>>[] =>
  readFileSync(join(folder, 'boathouse.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);

describe('LogFile', () => {
  it('appends one line a message, in dbt’s shape', () => {
    for (const text of ['first', 'second']) {
      const log = new LogFile(folder, 'run-1');
      log.write(message(text));
      log.close();
    }
    expect(lines().map((line) => [line['info']?.['msg'], line['info']?.['invocation_id']])).toEqual([
      ['first', 'run-1'],
      ['second', 'run-1'],
    ]);
    expect(lines()[0]?.['info']).toMatchObject({ level: 'info', ts: '1970-01-01T00:00:00.000000Z' });
  });

  it('masks secrets', () => {
    secrets.add('log-file-test-secret');
    const log = new LogFile(folder, 'run-1');
    log.write(message('key log-file-test-secret is used'));
    log.close();
    expect(lines()[0]?.['info']?.['msg']).toBe('key ***** is used');
  });

  it('begins a new file when the old one has grown to 10 MiB', () => {
    const path = join(folder, 'boathouse.log');
    writeFileSync(path, '');
    truncateSync(path, 11 * 1024 * 1024);
    const log = new LogFile(folder, 'run-1');
    log.write(message('fresh'));
    log.close();
    expect(lines()).toHaveLength(1);
  });

  it('keeps nothing, quietly, where it can’t write', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const log = new LogFile(join(file, 'below'), 'run-1');
    log.write(message('lost'));
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
