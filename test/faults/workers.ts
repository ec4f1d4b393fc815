/** Programs of this folder in processes of their own, told what to do by one argument, answering in lines. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** How a worker ended. */
export interface Worked {
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/** A program built once for a test file. Two folders down, where it finds the package and its dependencies. */
export class Workers {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param entry the program's file in this folder. */
  static async build(entry: string): Promise<Workers> {
    mkdirSync(join(root, '.cache'), { recursive: true });
    const folder = mkdtempSync(join(root, '.cache/faults-'));
    chmodSync(folder, 0o755);
    await build({
      entryPoints: { worker: join(import.meta.dirname, entry) },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'silent',
    });
    return new Workers(folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs the program to its end, or until it is killed. @param onLine is called for each line, as it comes. */
  run(task: unknown, onLine?: (line: string, child: ChildProcess) => void): Promise<Worked> {
    const child = spawn(process.execPath, [join(this.#folder, 'worker.mjs'), JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((done, failed) => {
      const lines: string[] = [];
      let rest = '';
      let problems = '';
      child.stdout.on('data', (data: Buffer) => {
        const parts = (rest + data.toString()).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          onLine?.(line, child);
        }
      });
      child.stderr.on('data', (data: Buffer) => {
        problems += data.toString();
      });
      child.on('error', failed);
      child.on('close', (code, signal) => {
        if (code === 0 || signal === 'SIGKILL') done({ lines, signal });
        else failed(new Error(`a worker failed (${code ?? signal}): ${problems}`));
      });
    });
  }
}
