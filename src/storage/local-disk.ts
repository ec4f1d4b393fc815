/**
 * The few system calls that a durable write is made of.
 *
 * What a disk answers at once is waited for, since a turn by the thread pool costs many times what the call does.
 * Flushing always takes its time, so it never holds up the process.
 */
import * as node from 'node:fs';
import { link, stat, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Promptness } from './local-promptness.ts';

const pooled = {
  open: promisify(node.open),
  close: promisify(node.close),
  fstat: promisify(node.fstat),
  fsync: promisify(node.fsync),
  writeFile: promisify(node.writeFile),
};

/** One folder's disk. Errors are the system's. */
export class LocalDisk {
  readonly #promptness: Promptness;

  constructor(promptness: Promptness = new Promptness()) {
    this.#promptness = promptness;
  }

  /** `work` with the open file, which is closed afterwards. */
  async withFile<T>(path: string, flags: string, work: (file: number) => Promise<T>): Promise<T> {
    const file = await this.#either(
      () => node.openSync(path, flags),
      () => pooled.open(path, flags),
    );
    try {
      return await work(file);
    } finally {
      await this.#either(
        () => node.closeSync(file),
        () => pooled.close(file),
      );
    }
  }

  /** Writes all of `bytes` to a file that is still empty. */
  write(file: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length > promptBytesMax) return pooled.writeFile(file, bytes);
    return this.#either(
      () => node.writeFileSync(file, bytes),
      () => pooled.writeFile(file, bytes),
    );
  }

  /** Returns once what was written is durable. */
  sync(file: number): Promise<void> {
    return pooled.fsync(file);
  }

  /** About an open file. */
  describe(file: number): Promise<node.Stats> {
    return this.#either(
      () => node.fstatSync(file),
      () => pooled.fstat(file),
    );
  }

  /** About what has the name; links are followed. */
  stat(path: string): Promise<node.Stats> {
    return this.#either(
      () => node.statSync(path),
      () => stat(path),
    );
  }

  /** Gives the file a second name. */
  link(path: string, newPath: string): Promise<void> {
    return this.#either(
      () => node.linkSync(path, newPath),
      () => link(path, newPath),
    );
  }

  /** Takes a name away. */
  unlink(path: string): Promise<void> {
    return this.#either(
      () => node.unlinkSync(path),
      () => unlink(path),
    );
  }

  async #either<T>(prompt: () => T, patient: () => Promise<T>): Promise<T> {
    const done = await this.#promptness.attempt(() => ({ value: prompt() }));
    return done === undefined ? patient() : done.value;
  }
}

/** Commits are smaller as a rule; copying more takes a while. */
const promptBytesMax = 1_048_576;
