/** Programs of the tests in processes of their own, each with its own home, cache and temporary folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { watchFolder, watchProcess } from './watchdog.ts';

const root = resolve(import.meta.dirname, '../..');

/** A process that runs. */
export interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far, line by line. */
  readonly lines: readonly string[];
  /** Its end. A process that fails by itself makes this fail; one that a signal ended doesn't. */
  readonly ended: Promise<readonly string[]>;
}

/** A program, built once for a test file. Two folders down, where it finds the package and its dependencies. */
export class Program {
  readonly #folder: string;
  readonly #isRemoved: () => void;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#isRemoved = watchFolder(folder);
  }

  /** @param entry the program's TypeScript file. */
  static async build(entry: string): Promise<Program> {
    mkdirSync(join(root, '.cache'), { recursive: true });
    const folder = mkdtempSync(join(root, '.cache/programs-'));
    await build({
      entryPoints: { program: entry },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'silent',
    });
    return new Program(folder);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    this.#isRemoved();
  }

  /**
   * Starts it with `task` as its argument. `send` of its child reaches its `process.on('message')`.
   *
   * @param env beside what the tests themselves have
   */
  start(
    task: unknown,
    about: {
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
      readonly onLine?: (line: string, child: ChildProcess) => void;
    } = {},
  ): Started {
    const child = spawn(process.execPath, [join(this.#folder, 'program.mjs'), JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...about.env },
      ...(about.cwd === undefined ? {} : { cwd: about.cwd }),
    });
    watchProcess(child);
    const lines: string[] = [];
    let rest = '';
    let problems = '';
    child.stdout?.on('data', (data: Buffer) => {
      const parts = (rest + data.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        about.onLine?.(line, child);
      }
    });
    child.stderr?.on('data', (data: Buffer) => {
      problems += data.toString();
    });
    const ended = new Promise<readonly string[]>((done, failed) => {
      child.on('error', failed);
      child.on('close', (code, signal) => {
        if (code === 0 || signal === 'SIGKILL') done(lines);
        else failed(new Error(`a process failed (${code ?? signal}): ${problems}`));
      });
    });
    ended.catch(() => undefined);
    return { child, lines, ended };
  }
}
