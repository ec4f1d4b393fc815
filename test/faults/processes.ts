/** Landers in processes of their own, and what the table they share must look like. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { Database, type Session } from '../../src/duckdb/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';
import type { LanderTask } from './lander.ts';

const root = resolve(import.meta.dirname, '../..');

/** How a lander ended. */
export interface Landed {
  readonly batches: readonly string[];
  readonly versions: readonly number[];
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string } | undefined;
  readonly output: string;
  readonly signal: NodeJS.Signals | null;
}

/** The lander, built once for a test file. Two folders down, where it finds the package and its dependencies. */
export class Landers {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(): Promise<Landers> {
    mkdirSync(join(root, '.cache'), { recursive: true });
    const folder = mkdtempSync(join(root, '.cache/faults-'));
    chmodSync(folder, 0o755);
    await build({
      entryPoints: { lander: join(import.meta.dirname, 'lander.ts') },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'silent',
    });
    return new Landers(folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Runs a lander to its end.
   *
   * @param about `started` is called once it is about to write, `landed` once its first write is done;
   * `userId` is whose rights it has.
   */
  run(
    task: LanderTask,
    about: {
      readonly started?: (child: ChildProcess) => void;
      readonly landed?: (child: ChildProcess) => void;
      readonly userId?: number;
      readonly heapMegabytes?: number;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<Landed> {
    const { userId, heapMegabytes } = about;
    const flags = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`];
    const child = spawn(
      process.execPath,
      [...flags, join(this.#folder, 'lander.mjs'), JSON.stringify(task)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...about.env },
        ...(userId === undefined ? {} : { uid: userId, gid: userId }),
      },
    );
    return new Promise((done, failed) => {
      let output = '';
      let problems = '';
      const waiting = new Map([
        ['ready', about.started],
        ['landed', about.landed],
      ]);
      child.stdout.on('data', (data: Buffer) => {
        output += data;
        for (const [word, tell] of waiting) {
          if (!output.includes(word)) continue;
          waiting.delete(word);
          tell?.(child);
        }
      });
      child.stderr.on('data', (data: Buffer) => {
        problems += data;
      });
      child.on('error', failed);
      child.on('close', (code, signal) => {
        if (code === 0 || code === 3 || signal === 'SIGKILL') done(parse(output, signal));
        else failed(new Error(`a lander failed (${code ?? signal}): ${problems}`));
      });
    });
  }
}

function parse(output: string, signal: NodeJS.Signals | null): Landed {
  const landed = [...output.matchAll(/^landed (\S+) (\d+)$/gm)];
  const error = /^\{.*\}$/m.exec(output)?.[0];
  return {
    batches: landed.map(([, batch]) => batch as string),
    versions: landed.map(([, , version]) => Number(version)),
    error: error === undefined ? undefined : JSON.parse(error),
    output,
    signal,
  };
}

/** A reader of landed tables: every batch must be there whole, each of its rows once. */
export class Reader {
  readonly #database: Database;
  readonly #session: Session;

  private constructor(database: Database, session: Session) {
    this.#database = database;
    this.#session = session;
  }

  static async open(): Promise<Reader> {
    const database = await Database.open();
    return new Reader(database, await database.session());
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** The batches in the table at a version, after making sure that none is half there. */
  async batches(table: string, rowsPerBatch: number, version?: number): Promise<string[]> {
    const opened = await DeltaTable.open(table, version === undefined ? {} : { version });
    const { sql } = await opened.relation();
    const { rows } = await this.#session.query(
      `SELECT batch, count(*), count(DISTINCT n), min(n), max(n) FROM (${sql}) GROUP BY batch ORDER BY batch`,
    );
    for (const [batch, ...counts] of rows) {
      const whole = [rowsPerBatch, rowsPerBatch, 0, rowsPerBatch - 1].map(BigInt);
      if (counts.some((count, i) => count !== whole[i])) {
        throw new Error(`version ${opened.version} has a part of batch ${batch}: ${counts.join(', ')}`);
      }
    }
    return rows.map(([batch]) => batch as string);
  }
}
