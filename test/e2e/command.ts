/** The built command in a temporary folder, as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The built command. */
export const main: string = resolve(import.meta.dirname, '../../dist/cli/main.js');

/** What a command printed and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order they came. */
  readonly output: string;
}

/** A temporary folder that files are put into and commands run in. */
export class Folder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'boathouse-e2e-'));
  readonly env: Record<string, string> = {};
  #userId: number | undefined;

  /** Writes files, by path relative to the folder. */
  put(files: Readonly<Record<string, string>>): this {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.path, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this;
  }

  /** Starts `boathouse ...args` here. */
  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [main, ...args], {
      cwd: this.path,
      env: this.environment(),
      ...(this.#userId === undefined ? {} : { uid: this.#userId, gid: this.#userId }),
    });
  }

  /** From now on commands run without root's rights, which no permission stops; the folder is given away. */
  dropRights(): void {
    if (process.getuid?.() !== 0) return;
    this.#userId = 65534;
    for (const name of ['', ...readdirSync(this.path, { recursive: true, encoding: 'utf8' })]) {
      chownSync(join(this.path, name), this.#userId, this.#userId);
    }
    this.env['HOME'] = this.path;
  }

  /** Runs `boathouse ...args` here to its end. Never throws for a non-zero exit. */
  run(...args: string[]): Promise<Ended> {
    return ended(this.start(...args));
  }

  /** Runs `boathouse ...args`, which has to succeed. */
  async ok(...args: string[]): Promise<Ended> {
    const result = await this.run(...args);
    if (result.code !== 0)
      throw new Error(`boathouse ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
    return result;
  }

  /** The rows of a query against the published catalog, as objects. */
  async rows(sql: string, ...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.ok('query', sql, '--format', 'json', '--quiet', ...args);
    return JSON.parse(stdout) as Record<string, unknown>[];
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private environment(): Record<string, string> {
    const { FORCE_COLOR: _color, ...rest } = process.env as Record<string, string>;
    return { ...rest, NO_COLOR: '1', ...this.env };
  }
}

/** Waits for a process to end. */
export function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((done, failed) => {
    let stdout = '';
    let stderr = '';
    let output = '';
    child.stdout?.on('data', (data: Buffer) => {
      stdout += data;
      output += data;
    });
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data;
      output += data;
    });
    child.on('error', failed);
    child.on('close', (code, signal) =>
      done({ code: code ?? (signal === 'SIGINT' ? 130 : 137), stdout, stderr, output }),
    );
  });
}

/** The two files that make a folder a project with a profile of its own. */
export function project(
  name: string,
  more: { readonly project?: string; readonly output?: string } = {},
): Record<string, string> {
  return {
    'dbt_project.yml': `name: ${name}\nversion: "1.0"\nprofile: ${name}\n${more.project ?? ''}`,
    'profiles.yml': `${name}:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ${name}.duckdb\n${more.output ?? ''}`,
  };
}
