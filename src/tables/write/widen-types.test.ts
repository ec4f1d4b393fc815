import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeltaTable } from '../delta-table.ts';

describe('a table whose types widen', () => {
  it('takes rows beside an identity column, which no expression computes', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'boathouse-widen-'));
    try {
      const table = await DeltaTable.create(path.join(folder, 't'), {
        schema: 'id BIGINT GENERATED ALWAYS AS IDENTITY, n INT',
        properties: { 'delta.enableTypeWidening': 'true' },
      });
      await table.append({ sql: 'SELECT 7 AS n' });
      await table.append({ sql: 'SELECT 70000000000 AS n' }, { schemaMode: 'merge' });
      expect((await table.toRows()).map(({ id, n }) => `${id}: ${n}`).sort()).toEqual([
        '1: 7',
        '2: 70000000000',
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
