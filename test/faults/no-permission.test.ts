/** Folders and files that a writer or reader has no right to: named, with what to do. */
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import type { LanderTask } from './lander.ts';
import { Landers } from './processes.ts';

const isRoot = process.getuid?.() === 0;
/** Root may do anything, so the landers run as nobody. */
const userId = isRoot ? 65534 : undefined;
const why = process.platform === 'win32' ? ' (skipped: Windows has no such rights)' : '';

describe.skipIf(process.platform === 'win32')(`without permission${why}`, () => {
  let landers: Landers;
  let folder: string;
  let table: string;
  beforeAll(async () => {
    landers = await Landers.build();
  });
  afterAll(() => landers.remove());

  const own = (path: string): void => {
    if (userId !== undefined) chownSync(path, userId, userId);
  };
  const run = async (task: Partial<LanderTask>) => {
    const whole = {
      table,
      doing: 'write',
      mode: 'append',
      writer: 'w',
      batches: 1,
      rowsPerBatch: 10,
    } as const;
    return (await landers.run({ ...whole, ...task }, userId === undefined ? {} : { userId })).error;
  };
  const each = async (change: (path: string) => void, work: () => Promise<void>): Promise<void> => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-rights-'));
    table = join(folder, 'table');
    await writeDelta(table, { sql: "SELECT 'first' AS batch, 0::BIGINT AS n, hash(1) AS filler" });
    for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
      own(join(folder, name));
    try {
      change(table);
      await work();
      chmodSync(table, 0o755);
      chmodSync(join(table, '_delta_log'), 0o755);
      expect((await DeltaTable.open(table)).version).toBe(0);
      expect(readdirSync(table).filter((name) => name.startsWith('part-'))).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

  it('to the table, an append leaves everything as it was', () =>
    each(
      (path) => chmodSync(path, 0o555),
      async () => {
        const error = await run({});
        expect(error?.code).toMatch(/^(storage\.no-permission|duckdb\.(io|permission))$/);
        expect(error?.message).toContain(table);
        expect(error?.hint).toContain('permissions');
      },
    ));

  it('to the log, an append takes its files back', () =>
    each(
      (path) => chmodSync(join(path, '_delta_log'), 0o555),
      async () => {
        const error = await run({});
        expect(error).toMatchObject({
          code: 'storage.no-permission',
          message: expect.stringContaining('_delta_log/00000000000000000001.json'),
          hint: expect.stringContaining('permissions'),
        });
      },
    ));

  it('to read the log, reading says which file', () =>
    each(
      (path) => chmodSync(join(path, '_delta_log', `${'0'.repeat(20)}.json`), 0),
      async () => {
        for (const doing of ['read', 'write'] as const) {
          expect(await run({ doing })).toMatchObject({
            code: 'storage.no-permission',
            message: expect.stringContaining('00000000000000000000.json'),
          });
        }
        chmodSync(join(table, '_delta_log', `${'0'.repeat(20)}.json`), 0o644);
      },
    ));

  it('to read a data file, reading says which, and appending goes on', () =>
    each(
      (path) => {
        for (const name of readdirSync(path)) if (name.startsWith('part-')) chmodSync(join(path, name), 0);
      },
      async () => {
        const [file = ''] = readdirSync(table).filter((name) => name.startsWith('part-'));
        const error = await run({ doing: 'read' });
        expect(error?.code).toMatch(/^duckdb\.(io|permission)$/);
        expect(error?.message).toContain(file);
        expect(error?.hint).toContain('permissions');
      },
    ));

  it('to make the table, creating it says so', () =>
    each(
      () => chmodSync(folder, 0o555),
      async () => {
        const error = await run({ table: join(folder, 'new') });
        expect(error).toMatchObject({
          code: 'storage.no-permission',
          hint: expect.stringContaining('permissions'),
        });
        chmodSync(folder, 0o755);
      },
    ));
});
