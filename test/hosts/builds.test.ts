/** Runs on hosts that share nothing but a bucket: all at once, and while hosts fail. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalog, readGeneration } from '../../src/catalog/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import { query } from '../../src/workflows/index.ts';
import { type Ended, ended } from '../e2e/command.ts';
import type { Passing, Trouble } from '../stores/proxy.ts';
import { isFull, longReason, type Store, startStore } from '../stores/server.ts';
import { type Host, kill, namesHosts, startHost } from './host.ts';
import { lakeProject, wholeQuery } from './project.ts';

const rounds = isFull ? 6 : 2;
const rowsPerBatch = 50;

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

for (const kind of ['versitygw', 'minio'] as const) {
  const reason = longReason(kind);
  describe.skipIf(reason !== undefined)(`hosts on ${kind}${reason ? ` (${reason})` : ''}`, () => {
    let store: Store;
    let folder: string;
    let watcher: Host;
    const hosts: Host[] = [];
    const cache = process.env['BOATHOUSE_CACHE_DIR'];
    beforeAll(async () => {
      store = await startStore({ kind });
      await store.createBucket('lake');
      folder = mkdtempSync(join(tmpdir(), 'boathouse-builds-'));
      process.env['BOATHOUSE_CACHE_DIR'] = join(folder, 'cache');
      watcher = await hostNamed('watcher');
      await writeDelta('s3://lake/landing/events', { sql: batch(0) }, { storageOptions: store.options });
      await succeeds(watcher, 'build', '--vars', '{run: first}');
      await succeeds(watcher, 'build', '--target', 'dev', '--vars', '{run: first}');
    });
    afterAll(async () => {
      if (cache === undefined) delete process.env['BOATHOUSE_CACHE_DIR'];
      else process.env['BOATHOUSE_CACHE_DIR'] = cache;
      await Promise.all(hosts.map((host) => host.close()));
      await store?.stop();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    async function hostNamed(
      name: string,
      decide?: (passing: Passing) => Trouble | undefined,
    ): Promise<Host> {
      const host = await startHost(store, join(folder, name), decide);
      hosts.push(host);
      host.put(lakeProject(store, host.endpoint));
      return host;
    }

    let landed = 1;
    const batch = (n: number): string =>
      `SELECT ${n} * ${rowsPerBatch} + i AS id, ${n} AS batch, i AS amount FROM range(${rowsPerBatch}) t(i)`;

    /** What a reader of the target sees, which must be whole. */
    async function look(target: string): Promise<{ run: string; n: number }> {
      const { rows } = await query({ projectDir: watcher.folder, env: {}, target, sql: wholeQuery });
      const [whole, run, n] = rows[0]?.map(({ text }) => text) ?? [];
      expect(whole, `${target}: run ${run}, ${n} rows`).toBe('true');
      return { run: run ?? '', n: Number(n) };
    }

    /** After all is over: one more run sees every landed row once, and no number of the catalog is missing. */
    async function settle(target: string): Promise<void> {
      await succeeds(watcher, 'build', '--target', target, '--vars', '{run: last}');
      expect(await look(target)).toEqual({ run: 'last', n: landed * rowsPerBatch });
      const generation = await readGeneration(openCatalog('s3://lake', store.options));
      const uri =
        generation?.relations.find(({ name, database }) => name === 'events' && database === target)
          ?.location ?? '';
      const events = await DeltaTable.open(uri, { storageOptions: store.options });
      const ids = (await events.toRows()).map(({ id }) => Number(id)).sort((a, b) => a - b);
      expect(ids).toEqual(Array.from({ length: landed * rowsPerBatch }, (_, i) => i));
      const versions: number[] = [];
      const storage = openStorage(uri, store.options);
      for await (const { path } of storage.list('_delta_log/')) {
        const version = /\/(\d{20})\.json$/.exec(path)?.[1];
        if (version !== undefined) versions.push(Number(version));
      }
      expect(versions).toEqual(versions.map((_, i) => i));
    }

    it('build dev and prod, one project twice, land and maintain at once, and every reader sees whole runs', async () => {
      const building = (name: string, target: string) => async (): Promise<void> => {
        const host = await hostNamed(name);
        for (let round = 0; round < rounds; round += 1) {
          await succeeds(host, 'build', '--target', target, '--vars', `{run: ${name}-${round}}`);
        }
      };
      const landing = async (): Promise<void> => {
        const host = await hostNamed('lander');
        for (let round = 0; round < rounds * 2; round += 1) {
          const rows = Array.from(
            { length: rowsPerBatch },
            (_, i) => `${landed * rowsPerBatch + i},${landed},${i}`,
          );
          host.put({ 'batch.csv': `id,batch,amount\n${rows.join('\n')}\n` });
          await succeeds(host, 'land', 'batch.csv', 's3://lake/landing/events', '--mode', 'append');
          landed += 1;
        }
      };
      const keeping = async (): Promise<void> => {
        const host = await hostNamed('keeper');
        for (let round = 0; round < rounds; round += 1) {
          await succeeds(host, 'maintain');
          await succeeds(host, 'maintain', 's3://lake/landing/events');
        }
      };
      let isOver = false;
      let looks = 0;
      const watching = (async () => {
        while (!isOver) {
          for (const target of ['dev', 'prod']) await look(target);
          looks += 1;
        }
      })();
      const work = [building('a', 'prod'), building('b', 'prod'), building('c', 'dev'), landing, keeping];
      const done = Promise.all(work.map((each) => each())).finally(() => {
        isOver = true;
      });
      await Promise.all([done, watching]);
      expect(looks).toBeGreaterThan(0);
      for (const target of ['dev', 'prod']) await settle(target);
    }, 600_000);

    it('build on when one of them is killed, at any moment', async () => {
      const host = await hostNamed('killed');
      for (let round = 0; round < rounds; round += 1) {
        const child = host.start('build', '--vars', `{run: killed-${round}}`);
        const end = ended(child);
        await wait(700 + 400 * round);
        kill(child);
        await end;
        await look('prod');
      }
      await settle('prod');
    }, 600_000);

    it.each([
      ['a commit to a table', /\/events\.delta\/_delta_log\/\d{20}\.json/],
      ['a generation', /_boathouse\/catalog\/\d+\.json/],
    ])(
      'build on when one of them is cut off with the reply to %s, for a while',
      async (what, path) => {
        let isCut = false;
        let host: Host | undefined;
        host = await hostNamed(`cut-${what.replaceAll(' ', '-')}`, (passing) => {
          if (isCut || passing.method !== 'PUT' || !path.test(passing.path)) return undefined;
          isCut = true;
          setTimeout(() => host?.cut(), 30);
          setTimeout(() => host?.mend(), 3000);
          return { kind: 'late', ms: 60 };
        });
        await writeDelta(
          's3://lake/landing/events',
          { sql: batch(landed) },
          { mode: 'append', storageOptions: store.options },
        );
        landed += 1;
        await succeeds(host, 'build', '--vars', '{run: cut}');
        expect(isCut).toBe(true);
        expect(await look('prod')).toEqual({ run: 'cut', n: landed * rowsPerBatch });
        await settle('prod');
      },
      600_000,
    );

    it('say so when they stay cut off, and nothing half is seen', async () => {
      let isCut = false;
      let host: Host | undefined;
      host = await hostNamed('gone', ({ method, path }) => {
        if (isCut || method !== 'PUT' || !/\/daily/.test(path)) return undefined;
        isCut = true;
        host?.cut();
        return { kind: 'lost-reply' };
      });
      const { code, output } = await ended(host.start('build', '--vars', '{run: gone}'));
      expect([1, 2], output).toContain(code);
      expect(output).toMatch(/nothing listens|reached|unreachable|ECONNRESET|hang up/i);
      expect(output).not.toContain(store.secretAccessKey);
      expect((await look('prod')).run).not.toBe('gone');
      await settle('prod');
    }, 600_000);

    it('build on when one of them sleeps through its lease, and it overwrites nothing when it wakes', async () => {
      let child: ReturnType<Host['start']> | undefined;
      let sleeps = false;
      const host = await hostNamed('sleeper', ({ method, path }) => {
        // About to publish: everything is written, and its turn is about to be looked at.
        if (sleeps || method !== 'PUT' || !/\/_boathouse\/catalog\/files\//.test(path)) return undefined;
        sleeps = true;
        child?.kill('SIGSTOP');
        return undefined;
      });
      child = host.start('build', '--vars', '{run: sleeper}');
      const end = ended(child);
      while (!sleeps && child.exitCode === null) await wait(20);
      expect(sleeps).toBe(true);
      // Whoever comes next waits until the lease has run out: the sleeper can't be asked.
      const other = await hostNamed('other');
      const startMs = Date.now();
      await succeeds(other, 'build', '--vars', '{run: other}');
      if (namesHosts()) expect(Date.now() - startMs).toBeGreaterThan(30_000);
      expect((await look('prod')).run).toBe('other');
      const generation = (await readGeneration(openCatalog('s3://lake', store.options)))?.number;
      child.kill('SIGCONT');
      const { code, output } = await end;
      expect(code, output).not.toBe(0);
      expect(output).toMatch(/overtaken|lost|while this run/i);
      expect((await look('prod')).run).toBe('other');
      expect((await readGeneration(openCatalog('s3://lake', store.options)))?.number).toBe(generation);
      await settle('prod');
    }, 600_000);
  });
}

async function succeeds(host: Host, ...args: string[]): Promise<Ended> {
  const result = await ended(host.start(...args));
  expect(result.code, `boathouse ${args.join(' ')}:\n${result.output}`).toBe(0);
  return result;
}
