/** A lake in a bucket of its own, the hosts that build it, and what must be true of it whatever happened to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listGenerations, openCatalog, readGeneration } from '../../src/catalog/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import { query } from '../../src/workflows/index.ts';
import { type Ended, ended } from '../e2e/command.ts';
import type { Passing, Trouble } from '../stores/proxy.ts';
import { isFull, type Store } from '../stores/server.ts';
import { type Host, startHost } from './host.ts';
import { lakeProject, wholeQuery } from './project.ts';

/** Rows of one landing. */
export const rowsPerBatch = 50;

/** How long a host that isn't heard of keeps its turn: what users have, or less where time is short. */
export const leaseSeconds: number = isFull ? 60 : 10;

/** What a reader sees of a target. */
export interface Seen {
  readonly run: string;
  readonly n: number;
}

/** A lake. */
export class Lake {
  readonly bucket: string;
  readonly store: Store;
  readonly #folder: string;
  readonly #hosts: Host[] = [];
  #watcher: Host | undefined;
  #landed = 0;

  private constructor(store: Store, bucket: string) {
    this.store = store;
    this.bucket = bucket;
    this.#folder = mkdtempSync(join(tmpdir(), `boathouse-${bucket}-`));
  }

  /** A lake of which `targets` were built once, by a run named `first`. */
  static async open(store: Store, bucket: string, targets: readonly string[] = ['prod']): Promise<Lake> {
    await store.createBucket(bucket);
    const lake = new Lake(store, bucket);
    lake.#watcher = await lake.hostNamed('watcher');
    await lake.land();
    for (const target of targets) await lake.build(lake.watcher, 'first', target);
    return lake;
  }

  /** A host to which nothing ever happens. */
  get watcher(): Host {
    if (this.#watcher === undefined) throw new Error('the lake is not open');
    return this.#watcher;
  }

  get landing(): string {
    return `s3://${this.bucket}/landing/events`;
  }

  /** @param decide what happens to its requests. @param retries of each request, before the host gives up. */
  async hostNamed(
    name: string,
    decide?: (passing: Passing) => Trouble | undefined,
    retries = 8,
  ): Promise<Host> {
    const host = await startHost(this.store, join(this.#folder, name), decide, {
      BOATHOUSE_LEASE_SECONDS: String(leaseSeconds),
    });
    this.#hosts.push(host);
    host.put(lakeProject(this.store, { endpoint: host.endpoint, bucket: this.bucket, retries }));
    return host;
  }

  /** The arguments of a build that calls itself `run`. */
  static buildOf(run: string, target = 'prod', more: Readonly<Record<string, string>> = {}): string[] {
    return ['build', '--target', target, '--vars', JSON.stringify({ run, ...more })];
  }

  /** A build that has to succeed. */
  build(host: Host, run: string, target = 'prod'): Promise<Ended> {
    return succeeds(host, ...Lake.buildOf(run, target));
  }

  /** One more batch of rows, by a command of `host` or from this process. */
  async land(host?: Host): Promise<void> {
    const batch = this.#landed;
    const first = batch * rowsPerBatch;
    if (host === undefined) {
      const sql = `SELECT ${first} + i AS id, ${batch} AS batch, i AS amount FROM range(${rowsPerBatch}) t(i)`;
      await writeDelta(this.landing, { sql }, { mode: 'append', storageOptions: this.store.options });
    } else {
      const rows = Array.from({ length: rowsPerBatch }, (_, i) => `${first + i},${batch},${i}`);
      host.put({ 'batch.csv': `id,batch,amount\n${rows.join('\n')}\n` });
      await succeeds(host, 'land', 'batch.csv', this.landing, '--mode', 'append');
    }
    this.#landed += 1;
  }

  /** Rows that have landed. */
  get rows(): number {
    return this.#landed * rowsPerBatch;
  }

  /** What a reader of the target sees, which must be one whole run; of generation `asOf`, or now. */
  async look(target = 'prod', asOf?: number): Promise<Seen> {
    const { rows } = await query({
      projectDir: this.watcher.folder,
      env: {},
      target,
      sql: wholeQuery,
      ...(asOf === undefined ? {} : { asOf: String(asOf) }),
    });
    const [whole, run, n] = rows[0]?.map(({ text }) => text) ?? [];
    expect(whole, `${target} at ${asOf ?? 'now'}: run ${run}, ${n} rows`).toBe('true');
    return { run: run ?? '', n: Number(n) };
  }

  /** The number of the newest generation. */
  async generation(): Promise<number> {
    return (await readGeneration(this.#log))?.number ?? 0;
  }

  /**
   * After all is over: one more run sees every landed row once; every generation that was ever published shows whole
   * runs, none of them of `never`, with no number missing; nor is one of the versions of the table.
   */
  async settle(target = 'prod', never: RegExp = /^(?:failing|gone)/): Promise<void> {
    await this.build(this.watcher, 'last', target);
    expect(await this.look(target)).toEqual({ run: 'last', n: this.rows });
    const generation = await readGeneration(this.#log);
    const uri =
      generation?.relations.find(({ name, database }) => name === 'events' && database === target)
        ?.location ?? '';
    const events = await DeltaTable.open(uri, { storageOptions: this.store.options });
    const ids = (await events.toRows()).map(({ id }) => Number(id)).sort((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: this.rows }, (_, i) => i));
    expect(await this.#versionsOf(uri)).toEqual(Array.from({ length: events.version + 1 }, (_, i) => i));
    const numbers = await listGenerations(this.#log);
    expect(numbers).toEqual(Array.from({ length: generation?.number ?? 0 }, (_, i) => i + 1));
    let rows = 0;
    for (const number of numbers) {
      const known = await readGeneration(this.#log, number);
      if (known?.relations.some(({ database }) => database === target) !== true) continue;
      const seen = await this.look(target, number);
      expect(seen.run).not.toMatch(never);
      expect(seen.n, `generation ${number} lost rows`).toBeGreaterThanOrEqual(rows);
      rows = seen.n;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #log() {
    return openCatalog(`s3://${this.bucket}`, this.store.options);
  }

  async #versionsOf(uri: string): Promise<readonly number[]> {
    const versions: number[] = [];
    for await (const { path } of openStorage(uri, this.store.options).list('_delta_log/')) {
      const version = /\/(\d{20})\.json$/.exec(path)?.[1];
      if (version !== undefined) versions.push(Number(version));
    }
    return versions;
  }
}

/** Runs a command of the host, which has to succeed. */
export async function succeeds(host: Host, ...args: string[]): Promise<Ended> {
  const result = await ended(host.start(...args));
  expect(result.code, `boathouse ${args.join(' ')}:\n${result.output}`).toBe(0);
  return result;
}
