/** A judge that stays running: one JSON value a line goes in, one comes back. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A child process that answers requests in the order they came, each with `{"ok": …}` or `{"error": "…"}`.
 * It ends when its standard input does, so that it never outlives the test that started it.
 */
export class JsonProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  readonly #closed: Promise<void>;
  #said = '';

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env } });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answer(line));
    this.#child.stdin.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      const end = (why: string): void => {
        for (const { reject } of this.#waiting.splice(0))
          reject(new Error(`${command} ended (${why}):\n${this.#said}`));
        resolve();
      };
      this.#child.on('error', (error) => end(error.message));
      this.#child.on('close', (code) => end(`code ${code}`));
    });
  }

  /** The answer to `request`; rejects with what the judge says is wrong. */
  ask(request: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }

  #answer(line: string): void {
    // A library underneath may print of its own accord; answers are JSON objects.
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as { ok?: unknown; error?: string };
    const next = this.#waiting.shift();
    if (answer.error === undefined) next?.resolve(answer.ok);
    else next?.reject(new Error(answer.error));
  }
}
