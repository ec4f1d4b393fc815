/** Delta Spark, reached through `BOATHOUSE_SPARK_PYTHON`: writes tables for us to read, and reads ours. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { JsonProcess } from './json-process.ts';

const script = fileURLToPath(new URL('spark.py', import.meta.url));
const python = process.env['BOATHOUSE_SPARK_PYTHON'];

/** Why Spark can't judge here; undefined when it can. */
export const sparkMissing: string | undefined =
  python === undefined
    ? 'BOATHOUSE_SPARK_PYTHON names no Python (node scripts/peers.mjs installs Spark)'
    : existsSync(python)
      ? undefined
      : `there is no ${python}`;

/** A row as Spark gives it: dates and decimals as text. */
export type SparkRow = Readonly<Record<string, unknown>>;

/** One Spark, kept running: starting it costs more than anything that it is asked. */
export class Spark implements AsyncDisposable {
  readonly #process: JsonProcess;

  /** @param scratch a folder for what Spark keeps on disk. */
  constructor(scratch: string) {
    this.#process = new JsonProcess(python as string, [script, scratch]);
  }

  /** Runs `statements` in order; the last one's rows. */
  async run(...statements: readonly string[]): Promise<SparkRow[]> {
    return (await this.#process.ask({ run: statements })) as SparkRow[];
  }

  /** The rows of `sql` as Parquet. @returns a glob that matches the file. */
  async export(sql: string, folder: string): Promise<string> {
    await this.#process.ask({ export: sql, to: folder });
    return `${folder}/*.parquet`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}
