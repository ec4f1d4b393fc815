/**
 * What is done with a project that is judged: its commands, edits between them, and what to leave out.
 *
 * It stands in `conformance.json` in the project's folder; a project without one is built once.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One step: a command, or edits. */
export interface Step {
  /** The command's words, without the program's name. */
  readonly run?: readonly string[];
  /** Variables of the environment, for this command only. */
  readonly env?: Readonly<Record<string, string>>;
  /** The command can't be carried out: without this, a dbt that ends with 2 is a mistake of the plan's. */
  readonly refused?: boolean;
  /** The command's standard output is compared, as a set of lines. */
  readonly output?: boolean;
  /** Texts of the command's output that have to be there, in both. */
  readonly says?: readonly string[];
  /** Files to write, by path. */
  readonly write?: Readonly<Record<string, string>>;
  /** Paths to copy, target by source. */
  readonly copy?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** How a project is judged. */
export interface Plan {
  readonly steps: readonly Step[];
  /** The profile's folder, relative to the project. The project's own folder unless given. */
  readonly profiles?: string;
  /** Folders that have to stand before the first step. */
  readonly mkdir?: readonly string[];
  /** Columns that hold times or what is made of them: patterns on `database.schema.relation.column`. */
  readonly timed?: readonly string[];
  /** Databases to read beside those that are files of the project named `<alias>.duckdb`. */
  readonly attach?: Readonly<Record<string, string>>;
  /** Differences that are so on purpose: a pattern on the difference's line, and why. */
  readonly differs?: readonly (readonly [pattern: string, why: string])[];
}

/** Reads the plan of the project in `folder`. */
export function readPlan(folder: string): Plan {
  const file = join(folder, 'conformance.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Plan;
  const packages = ['packages.yml', 'dependencies.yml'].some((name) => existsSync(join(folder, name)));
  return { steps: [...(packages ? [{ run: ['deps'] }] : []), { run: ['build'] }] };
}

/** Applies a step's edits to a copy of the project. */
export function edit(folder: string, step: Step): void {
  for (const path of step.remove ?? []) rmSync(join(folder, path), { recursive: true, force: true });
  for (const [from, to] of Object.entries(step.copy ?? {}))
    cpSync(join(folder, from), join(folder, to), { recursive: true });
  for (const [path, text] of Object.entries(step.write ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Folders that commands write and no project brings along. */
export const produced: ReadonlySet<string> = new Set([
  'target',
  'logs',
  'dbt_packages',
  '.git',
  '.boathouse',
]);

/** The project's own files, relative, sorted. */
export function projectFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (below === '' && produced.has(entry.name)) return [];
      return entry.isDirectory() ? projectFiles(folder, path) : [path];
    })
    .sort();
}

/** A hash of all that decides what dbt answers. */
export function planHash(folder: string, plan: Plan, versions: string): string {
  const hash = createHash('sha256')
    .update(versions)
    .update(JSON.stringify({ ...plan, differs: [] }));
  for (const path of projectFiles(folder)) {
    if (path === 'conformance.json') continue;
    hash.update(`\0${path}\0`).update(readFileSync(join(folder, path)));
  }
  return hash.digest('hex').slice(0, 24);
}
