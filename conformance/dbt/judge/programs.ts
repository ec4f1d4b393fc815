/** The two programs: dbt in its server of forks, and the built Boathouse. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Ended, Program } from './recording.ts';

/** dbt, loaded once. One command at a time. */
export class DbtServer {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'boathouse-dbt-server-'));
  #turn: Promise<unknown> = Promise.resolve();

  /** @param bin the folder of dbt's `python` */
  constructor(bin: string, script: string) {
    this.#process = spawn(join(bin, 'python'), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#process.stdout === null) throw new Error('a pipe was asked for');
    // Whoever forgets to close it isn't kept from ending: its input ends then, and it with that.
    process.once('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  readonly run: Program = (cwd, args, env) => {
    const next = this.#turn.then(() => this.#ask(cwd, args, env));
    this.#turn = next.catch(() => undefined);
    return next;
  };

  close(): void {
    this.#process.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
    const [stdout, stderr] = [join(this.#folder, 'out'), join(this.#folder, 'err')];
    this.#process.stdin?.write(
      `${JSON.stringify({ cwd, args, env: { ...process.env, ...env }, stdout, stderr })}\n`,
    );
    const answer = await this.#answers.next();
    if (answer.done === true) throw new Error('the process that has dbt loaded has ended');
    const { code } = JSON.parse(answer.value) as { code: number };
    return { code, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') };
  }
}

/** The built command. @param main the path of its `main.js` */
export function boathouse(main: string): Program {
  return (cwd, args, env) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, ...env } });
      const texts = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        texts.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        texts.stderr += text;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code: code ?? 2, ...texts }));
    });
}
