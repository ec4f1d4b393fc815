/** For tests: a dbt project written to a temporary folder, and parsed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readProject } from '../project/index.ts';
import type { Compilation } from './compilation.ts';
import { compileProject } from './compile-project.ts';
import type { CompileWarning, Invocation } from './invocation.ts';

const settings = `name: shop
version: "1.0"
profile: shop
`;

const profiles = `shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: lake.duckdb, schema: main, threads: 1}
`;

/** What a test may choose of an invocation. */
export interface ScratchOptions {
  readonly vars?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, unknown>;
  readonly partialParse?: boolean;
  readonly empty?: boolean;
  readonly showAllDeprecations?: boolean;
}

/** A project in a folder of its own. Call `remove` when done. */
export class ScratchProject {
  readonly folder: string;
  readonly warnings: CompileWarning[] = [];

  /** @param files contents by path; dbt_project.yml and profiles.yml are given unless they are among them. */
  constructor(files: Readonly<Record<string, string>>) {
    this.folder = mkdtempSync(join(tmpdir(), 'boathouse-compiler-'));
    for (const [path, text] of Object.entries({
      'dbt_project.yml': settings,
      'profiles.yml': profiles,
      ...files,
    })) {
      this.write(path, text);
    }
  }

  write(path: string, text: string): void {
    const full = join(this.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  async parse(options: ScratchOptions = {}): Promise<Compilation> {
    const env = { ...options.env };
    const vars = options.vars ?? {};
    const project = await readProject({ projectDir: this.folder, profilesDir: this.folder, vars, env });
    const invocation: Invocation = {
      id: '00000000-0000-4000-8000-000000000000',
      startedAt: new Date('2026-01-02T03:04:05Z'),
      command: 'parse',
      args: {},
      threads: 1,
      fullRefresh: false,
      vars,
      flags: options.flags ?? {},
      env,
      empty: options.empty ?? false,
      showAllDeprecations: options.showAllDeprecations ?? false,
      warn: (warning) => this.warnings.push(warning),
    };
    return compileProject(project, {
      invocation,
      targetPath: join(this.folder, 'target'),
      partialParse: options.partialParse ?? false,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
