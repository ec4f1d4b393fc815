/** A project's plan carried out by one program, and all that it left after every command. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { builtInTests, comparable, comparableManifest, type Json, nodeResults } from './artifacts.ts';
import { edit, type Plan, projectFiles } from './plan.ts';
import { readStanding, type Standing } from './relations.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in a folder: dbt, or Boathouse. */
export type Program = (
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => Promise<Ended>;

/** What one command left. */
export interface After {
  readonly command: string;
  readonly code: number;
  readonly output: readonly unknown[] | undefined;
  readonly missing: readonly string[];
  readonly warnings: readonly string[];
  readonly results: Json;
  readonly standing: Standing;
  readonly compiled: Readonly<Record<string, string>>;
  readonly manifest: Json | undefined;
  /** For a person who looks for the cause; not compared. */
  readonly tail: string;
}

/** Carries the plan out on a copy of `source` in `folder`, which is made and left for the caller to remove. */
export async function record(
  source: string,
  folder: string,
  plan: Plan,
  program: Program,
): Promise<readonly After[]> {
  for (const path of projectFiles(source))
    cpSync(join(source, path), join(folder, path), { recursive: true });
  for (const name of plan.mkdir ?? []) mkdirSync(join(folder, name), { recursive: true });
  const recorded: After[] = [];
  const before = new Set(projectFiles(source));
  for (const [index, step] of plan.steps.entries()) {
    edit(folder, step);
    for (const path of [...Object.keys(step.write ?? {}), ...Object.values(step.copy ?? {})])
      before.add(path);
    if (step.run === undefined) continue;
    for (const left of ['logs', 'target/run_results.json', 'target/compiled']) {
      rmSync(join(folder, left), { recursive: true, force: true });
    }
    const args = [...step.run, ...(plan.profiles === undefined ? [] : ['--profiles-dir', plan.profiles])];
    const ended = await program(folder, args, { ...judged, ...step.env });
    const plain = (text: string): string => text.replaceAll(folder, '<project>');
    const output = plain(ended.stdout + ended.stderr);
    const last = !plan.steps.slice(index + 1).some(({ run }) => run !== undefined);
    recorded.push({
      command: step.run.join(' '),
      code: ended.code,
      // dbt tells of errors on standard output.
      output: step.output === true && ended.code === 0 ? linesOf(plain(ended.stdout)) : undefined,
      missing: (step.says ?? []).filter((text) => !output.includes(text)),
      warnings: warningsOf(folder),
      results: plainJson(nodeResults(join(folder, 'target/run_results.json')), plain),
      standing: await readStanding(folder, plan, before),
      compiled: compiledIn(join(folder, 'target'), plain),
      manifest: last ? plainJson(comparableManifest(join(folder, 'target/manifest.json')), plain) : undefined,
      tail: output.slice(-3000),
    });
  }
  return recorded;
}

/** What both programs hear from the environment. */
const judged: Readonly<Record<string, string>> = {
  DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  DBT_LOG_FORMAT_FILE: 'json',
  DBT_LOG_LEVEL_FILE: 'debug',
  DBT_NO_VERSION_CHECK: '1',
  DBT_VERSION_CHECK: 'false',
  NO_COLOR: '1',
};

/** The lines in an order of their own; a line that is an object of JSON as that. */
const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .sort()
    .map((line) => (line.startsWith('{"') ? comparable(JSON.parse(line)) : line));

/** Warnings that repeat what results say, or that only one of the programs has a reason for. */
const unsteady: ReadonlySet<string> = new Set([
  'AdapterEventWarning',
  'CustomKeyInConfigDeprecation',
  'CustomKeyInObjectDeprecation',
  'DeprecationsSummary',
  'LogTestResult',
  'NodeRetried',
  'Note',
  'QueryCancelationUnsupported',
  'RunResultWarning',
  'RunResultWarningMessage',
]);

/** The names of the warnings that the log's events say. */
function warningsOf(folder: string): string[] {
  const file = ['dbt.log', 'boathouse.log'].map((name) => join(folder, 'logs', name)).find(existsSync);
  if (file === undefined) return [];
  const names = new Set<string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (!line.startsWith('{')) continue;
    const { info } = JSON.parse(line) as { info: { level: string; name: string } };
    if (info.level === 'warn' && !unsteady.has(info.name)) names.add(info.name);
  }
  return [...names].sort();
}

function compiledIn(target: string, plain: (text: string) => string): Record<string, string> {
  const folder = join(target, 'compiled');
  if (!existsSync(folder)) return {};
  const skipped = builtInTests(join(target, 'manifest.json'));
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(sql|py)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !skipped.has(path));
  return Object.fromEntries(
    found.sort().map((path) => {
      const text = readFileSync(join(folder, path), 'utf8');
      return [path, plain(text).replace(/\s+/g, ' ').trim()];
    }),
  );
}

const plainJson = <T extends Json | undefined>(value: T, plain: (text: string) => string): T =>
  value === undefined ? value : (JSON.parse(plain(JSON.stringify(value))) as T);
