/** A vacuum looks at the lakes above a table: what can't be told, and what may not be looked at. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { onStorageWarning } from '../../src/storage/index.ts';
import { MisbehavingServer } from '../../src/storage/s3/misbehaving.fixture.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const spec = { retentionHours: 0, enforceRetention: false };

describe('a lake above a table', () => {
  it('whose generation is damaged keeps the vacuum from deleting, and is named', async () => {
    const lake = await mkdtemp(join(tmpdir(), 'boathouse-above-'));
    closers.push(() => rm(lake, { recursive: true, force: true }));
    const table = join(lake, 't');
    await writeDelta(table, { sql: 'SELECT 1 AS id' });
    await writeDelta(table, { sql: 'SELECT 2 AS id' }, { mode: 'overwrite' });
    const catalog = join(lake, '_boathouse/catalog');
    await mkdir(catalog, { recursive: true });
    const generation = join(catalog, '00000000000000000007.json');
    await writeFile(generation, '{"boathouse": "cat');
    const handle = await DeltaTable.open(table);
    const old = new Date(Date.now() - 3_600_000);
    for (const uri of (await DeltaTable.open(table, { version: 0 })).files())
      await utimes(join(table, uri.path), old, old);
    await expect(handle.vacuum(spec)).rejects.toMatchObject({
      code: 'tables.unreadable-lake',
      message: expect.stringContaining('00000000000000000007.json'),
    });
    expect(await (await DeltaTable.open(table, { version: 0 })).toRows()).toHaveLength(1);
    await rm(generation);
    expect((await handle.vacuum(spec)).files).toHaveLength(1);
  });

  it('that may not be listed is told, and taken for none', async () => {
    const server = await MisbehavingServer.start();
    closers.push(() => server.stop());
    const told: string[] = [];
    const stop = onStorageWarning((code, message) => told.push(`${code}: ${message}`));
    closers.push(async () => stop());
    server.misbehave.push((request, reply) => {
      const isAbove = (request.query.get('prefix') ?? '-').startsWith('_boathouse/');
      if (!isAbove) return false;
      reply.writeHead(403, { 'content-type': 'application/xml' });
      reply.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      return true;
    });
    const storageOptions = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ALLOW_HTTP: 'true',
    };
    const table = 's3://above/team/t';
    await writeDelta(table, { sql: 'SELECT 1 AS id' }, { storageOptions });
    await writeDelta(table, { sql: 'SELECT 2 AS id' }, { mode: 'overwrite', storageOptions });
    const handle = await DeltaTable.open(table, { storageOptions });
    // Stores tell times to the second, and what is as young as the vacuum stays.
    await sleep(1500);
    expect((await handle.vacuum({ ...spec, dryRun: true })).files).toHaveLength(1);
    expect(told).toContainEqual(
      expect.stringMatching(/^storage\.no-permission: s3:\/\/above\S* may not be listed/),
    );
  });
});
