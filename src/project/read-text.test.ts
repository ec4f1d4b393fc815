import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksum, readExactText, readText } from './read-text.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-text-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads with plain line ends, and is checked as it stands there', () => {
    const path = join(folder, 'a.csv');
    writeFileSync(path, '\uFEFFid\r\n1\r2\r\n');
    expect(readText(path)).toBe('id\n1\n2\n');
    expect(checksum(readExactText(path))).toBe(sha('\uFEFFid\r\n1\r2'));
  });

  it('is checked without the white space around it', () => {
    expect(checksum('\n select 1\r\n')).toBe(sha('select 1'));
  });

  it('that is not UTF-8 is refused', () => {
    const path = join(folder, 'b.sql');
    writeFileSync(path, Buffer.from([0x73, 0xff]));
    expect(() => readText(path)).toThrow(/UTF-8/);
  });
});
