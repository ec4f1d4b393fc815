import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createTable } from '../alter/create-table.ts';
import { withScratchSession } from '../scratch.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions, Progress } from '../transact.ts';
import { writeQueryToDelta } from '../write/write-query.ts';
import { deleteRows } from './delete-rows.ts';
import { mergeRows } from './merge-rows.ts';
import { updateRows } from './update-rows.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boathouse-dml-progress-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let next = 0;

/** A table of three files with ten rows each. */
async function made(hasVectors: boolean): Promise<TableHandle> {
  next += 1;
  const uri = path.join(folder, `t${next}`);
  const properties = { 'delta.enableDeletionVectors': String(hasVectors) };
  const { handle } = await createTable(uri, { schema: 'id BIGINT, name STRING', properties });
  await withScratchSession(async (session) => {
    for (const from of [0, 10, 20]) {
      const sql = `SELECT i AS id, 'n' AS name FROM range(${from}, ${from + 10}) t(i)`;
      await writeQueryToDelta(session, sql, uri, { mode: 'append' });
    }
  });
  await handle.refresh();
  return handle;
}

async function told(
  hasVectors: boolean,
  work: (handle: TableHandle, options: OperationOptions) => Promise<unknown>,
): Promise<string[]> {
  const lines: string[] = [];
  const onProgress = ({ phase, done, total, unit }: Progress): void => {
    lines.push(`${phase}: ${done}${total === undefined ? '' : ` of ${total}`} ${unit}`);
  };
  await work(await made(hasVectors), { onProgress });
  return lines;
}

const copied = ['writing files again: 0 of 2 files', 'writing files again: 2 of 2 files'];
const looked = ['looking for rows: 0 of 2 files', 'looking for rows: 2 of 2 files'];

describe('an operation on rows tells how far it has got', () => {
  it.each([
    ['where files are written again', false, [...looked, ...copied]],
    ['where rows are marked', true, looked],
  ] as const)('DELETE %s', async (_, hasVectors, expected) => {
    const lines = await told(hasVectors, (handle, options) =>
      deleteRows(handle, undefined, { where: 'id IN (3, 14)' }, options),
    );
    expect(lines).toEqual(expected);
  });

  it.each([
    ['where files are written again', false, [...looked, ...copied]],
    ['where rows are marked', true, [...looked, 'writing rows: 0 rows', 'writing rows: 2 rows']],
  ] as const)('UPDATE %s', async (_, hasVectors, expected) => {
    const lines = await told(hasVectors, (handle, options) =>
      updateRows(handle, undefined, { set: { name: "'x'" }, where: 'id IN (3, 14)' }, options),
    );
    expect(lines).toEqual(expected);
  });

  it.each([
    ['where files are written again', false, [...copied, 'writing rows: 20 rows', 'writing rows: 21 rows']],
    ['where rows are marked', true, ['writing rows: 0 rows', 'writing rows: 3 rows']],
  ] as const)('MERGE %s', async (_, hasVectors, expected) => {
    const source = "SELECT * FROM (VALUES (3, 'a'), (14, 'b'), (15, 'n'), (99, 'c')) t(id, name)";
    const lines = await told(hasVectors, (handle, options) =>
      mergeRows(
        handle,
        undefined,
        {
          source,
          on: 'target.id = source.id',
          clauses: [
            { kind: 'matched-update', set: 'all' },
            { kind: 'not-matched-insert', values: 'all' },
          ],
        },
        options,
      ),
    );
    expect(lines).toEqual(['reading the source: 4 rows', ...looked, ...expected]);
  });

  it('and nothing where nothing is looked into', async () => {
    expect(
      await told(false, (handle, options) => deleteRows(handle, undefined, { where: 'id > 99' }, options)),
    ).toEqual([]);
  });
});
