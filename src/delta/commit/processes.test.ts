import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LocalStorage } from '../../storage/index.ts';
import {
  createTestTable,
  readTestTable,
  testAdd,
  testCommit,
  testMetadata,
  testProtocol,
} from '../contract.ts';
import { history } from '../log/history.ts';
import type { Snapshot } from '../log/snapshot.ts';
import { addFeature } from '../protocol.ts';
import { readDeletionVectors } from '../vectors/deletion-vectors.ts';

describe('writers in processes of their own, on one folder', () => {
  let bundle: string;
  let folder: string;
  beforeAll(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'boathouse-bundle-'));
    const entry = fileURLToPath(new URL('../index.ts', import.meta.url));
    const storage = fileURLToPath(new URL('../../storage/index.ts', import.meta.url));
    await build({
      logLevel: 'silent',
      configFile: false,
      build: {
        ssr: true,
        // One folder down twice, where the commit info finds package.json as it does from the sources.
        outDir: join(bundle, 'dist', 'delta'),
        rollupOptions: {
          input: { delta: entry, storage },
          output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
        },
      },
    });
    await copyFile(
      fileURLToPath(new URL('../../../package.json', import.meta.url)),
      join(bundle, 'package.json'),
    );
  });
  afterAll(() => rm(bundle, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boathouse-table-'));
    // Checkpoints need Parquet, which these writers don't have; the log alone must do.
    await createTestTable(new LocalStorage(folder), { 'delta.checkpointInterval': '1000' });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('each land every commit once, in one unbroken row of versions', async () => {
    const commits = 12;
    const writers = await Promise.all([0, 1, 2, 3].map((writer) => runWriter(writer, commits)));
    const landed = writers.flatMap(({ landed }) => landed);
    expect([...landed].sort((a, b) => a - b)).toEqual(Array.from({ length: 4 * commits }, (_, i) => i + 1));
    const snapshot = await readTestTable(new LocalStorage(folder));
    expect(snapshot.version).toBe(4 * commits);
    expect(filesByWriter(snapshot)).toEqual([commits, commits, commits, commits]);
  });

  it('delete rows of one file, each its own, between appends, and none is lost or starves', async () => {
    const storage = new LocalStorage(folder);
    const [writers, commits] = [8, 20];
    const configuration = { 'delta.enableDeletionVectors': 'true', 'delta.checkpointInterval': '1000' };
    const protocol = addFeature('t', testProtocol, 'deletionVectors');
    const shared = { ...testAdd('shared'), stats: `{"numRecords":${writers * commits}}` };
    const { snapshot } = await testCommit(storage, {
      readSnapshot: await readTestTable(storage),
      actions: [protocol, testMetadata(configuration), shared],
      isBlindAppend: false,
    });
    const all = await Promise.all(
      Array.from({ length: writers }, (_, i) => runWriter(i, commits, undefined, 'mixed')),
    );
    const landed = all.flatMap((writer) => writer.landed).sort((a, b) => a - b);
    const first = snapshot.version + 1;
    expect(landed).toEqual(Array.from({ length: writers * commits }, (_, i) => first + i));
    const after = await readTestTable(storage);
    expect(filesByWriter(after, writers)).toEqual(Array.from({ length: writers }, () => commits / 2));
    const [deleted] = (await readDeletionVectors(after.files.values(), storage)).values();
    // Every second commit deletes the row of its number.
    const rows = Array.from({ length: writers * commits }, (_, row) => row).filter((row) => row % 2 === 1);
    expect([...(deleted ?? [])]).toEqual(rows);
    // Vectors that lost their race were taken away again, those of older versions stay.
    const names = (await readdir(folder)).filter((name) => name.startsWith('deletion_vector_'));
    expect(names.length).toBeLessThanOrEqual((writers * commits) / 2);
  });

  it('leave a whole table behind when they are killed', async () => {
    for (let writer = 0; writer < 4; writer += 1) {
      const { landed } = await runWriter(writer, 100_000, 40 + writer * 17);
      const storage = new LocalStorage(folder);
      const snapshot = await readTestTable(storage);
      // What a writer was told is in the table; one more may be, whose writer died before it was told.
      const counted = filesByWriter(snapshot)[writer] ?? 0;
      expect(landed.length).toBeGreaterThan(0);
      expect(counted - landed.length).toBeGreaterThanOrEqual(0);
      expect(counted - landed.length).toBeLessThanOrEqual(1);
      expect(await history(storage)).toHaveLength(snapshot.version + 1);
    }
    const names = await readdir(join(folder, '_delta_log'));
    const swept = await new LocalStorage(folder, { orphanAgeMs: 0 }).sweep('_delta_log');
    expect(swept).toBe(names.filter((name) => name.endsWith('.tmp')).length);
  });

  /** A process that appends one file a commit, always on what it read at first, and prints the versions it made. */
  function runWriter(
    writer: number,
    commits: number,
    killAfterMs?: number,
    work: 'appends' | 'mixed' = 'appends',
  ): Promise<{ landed: number[] }> {
    const script = `
      const { commitActions, readSnapshot, RowSet } = await import(${JSON.stringify(join(bundle, 'dist/delta/delta.mjs'))});
      const { LocalStorage } = await import(${JSON.stringify(join(bundle, 'dist/delta/storage.mjs'))});
      const storage = new LocalStorage(${JSON.stringify(folder)});
      const rows = {};
      let snapshot = await readSnapshot(storage, { rows });
      for (let n = 0; n < ${commits}; n += 1) {
        const file = { kind: 'add', path: '${writer}/' + n, partitionValues: new Map(), sizeBytes: 1, modifiedMs: 1, dataChange: true };
        const known = { readSnapshot: snapshot, rows };
        const shared = [...snapshot.files.values()].find((file) => file.path === 'shared');
        const deletes = ${work === 'mixed'} && n % 2 === 1;
        const made = await commitActions(storage, deletes
          ? { ...known, actions: [], operation: { name: 'DELETE' }, isBlindAppend: false,
              rowChanges: [{ file: shared, deleted: RowSet.of([${writer} * ${commits} + n]) }],
              read: { mayHold: () => false, files: new Set() } }
          : { ...known, actions: [file], operation: { name: 'WRITE' }, isBlindAppend: true, read: 'none' });
        snapshot = made.snapshot;
        console.log(made.version);
      }`;
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      let errors = '';
      let timer: ReturnType<typeof setTimeout> | undefined;
      child.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        // Counted from the first commit on, so that a slow start doesn't spoil the test.
        if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      });
      child.stderr.on('data', (data: Buffer) => {
        errors += data.toString();
      });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        const landed = output.split('\n').filter(Boolean).map(Number);
        if (code === 0 || signal === 'SIGKILL') resolve({ landed });
        else reject(new Error(`the writer failed (${code}): ${errors}`));
      });
    });
  }
});

function filesByWriter(snapshot: Snapshot, writers = 4): number[] {
  const counts = Array.from({ length: writers }, () => 0);
  for (const file of snapshot.files.values()) {
    if (file.path === 'shared') continue;
    const writer = Number(file.path[0]);
    counts[writer] = (counts[writer] ?? 0) + 1;
  }
  return counts;
}
