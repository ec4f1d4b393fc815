import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history } from '../../delta/index.ts';
import { createTable } from '../alter/create-table.ts';
import { scanFiles } from '../read/scan-files.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import { append } from '../write/write-delta.ts';
import { afterCommit, autoCompactFilesMin } from './auto-compact.ts';

let root: string;
let tables = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'boathouse-auto-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function tableWith(
  properties: Record<string, string>,
  partitionBy: readonly string[] = [],
): Promise<TableHandle> {
  tables += 1;
  const uri = path.join(root, `t${tables}`);
  await createTable(uri, { schema: 'id BIGINT, part STRING', properties, partitionBy });
  return TableHandle.open(uri);
}

async function fill(handle: TableHandle, commits: number, part = 'a'): Promise<void> {
  for (let i = 0; i < commits; i += 1) await append(handle, [{ id: BigInt(i), part }]);
}

async function count(handle: TableHandle): Promise<number> {
  const { sql } = await scanFiles(handle.snapshot, handle.storage);
  return withScratchSession(async (session) => Number(await session.value(`SELECT count(*) FROM (${sql})`)));
}

describe('compaction after a write', () => {
  it.each([
    ['delta.autoOptimize.autoCompact', 'true'],
    ['delta.autoOptimize.autoCompact', 'auto'],
    ['delta.autoOptimize', 'true'],
  ])('is done once a table with %s = %s has many small files', async (property, value) => {
    const handle = await tableWith({ [property]: value });
    await fill(handle, autoCompactFilesMin - 1);
    expect(handle.snapshot.files.size).toBe(autoCompactFilesMin - 1);
    await fill(handle, 1);
    expect(handle.snapshot.files.size).toBe(1);
    expect(await count(handle)).toBe(autoCompactFilesMin);
    const [entry] = await history(handle.storage, { limit: 1 });
    expect(entry).toMatchObject({ operation: 'OPTIMIZE', operationParameters: { auto: 'true' } });
    await fill(handle, 1);
    expect(handle.snapshot.files.size).toBe(2);
  });

  it('is not done where nobody asked for it', async () => {
    const handle = await tableWith({ 'delta.autoOptimize.autoCompact': 'false' });
    await fill(handle, 3);
    const { snapshot } = handle;
    const actions = [...snapshot.files.values()];
    expect(await afterCommit(handle, { snapshot, actions }, {}, 2)).toBeUndefined();
  });

  it('touches only partitions that were written to', async () => {
    const handle = await tableWith({ 'delta.autoOptimize.autoCompact': 'true' }, ['part']);
    await fill(handle, 4, 'a');
    await fill(handle, 4, 'b');
    const { snapshot } = handle;
    const actions = [...snapshot.files.values()].filter((file) => file.partitionValues.get('part') === 'b');
    expect(await afterCommit(handle, { snapshot, actions }, {}, 3)).toMatchObject({
      changed: true,
      metrics: { numFilesRemoved: 4, partitionsOptimized: 1 },
    });
  });

  it('gives back what went wrong, since the write stands', async () => {
    const handle = await tableWith({ 'delta.autoOptimize.autoCompact': 'true' });
    await fill(handle, 3);
    const { snapshot } = handle;
    const actions = [...snapshot.files.values()];
    const abort = new AbortController();
    abort.abort();
    expect(await afterCommit(handle, { snapshot, actions }, { signal: abort.signal }, 2)).toHaveProperty(
      'failed',
    );
  });
});
