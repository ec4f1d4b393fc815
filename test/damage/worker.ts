/**
 * Damages projects and runs commands on them, one case after another: a line of JSON before each, and one after it.
 *
 * In a process of its own, so that one that hangs or dies is found out by whoever reads the lines.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isBoathouseError, seededRandom } from '../../src/base/index.ts';
import { invoke } from '../../src/cli/index.ts';
import { damage, type Files, oddWords, pick } from './damage.ts';

/** What the worker is told to do. */
export interface DamageTask {
  /** Folders of sound projects. */
  readonly projects: readonly string[];
  /** A folder with a project that was built, whose `target` has all artifacts. Made if it isn't there. */
  readonly built: string;
  readonly firstSeed: number;
  readonly cases: number;
}

/** A line that it prints. */
export type DamageLine =
  | {
      readonly said: 'begin';
      readonly seed: number;
      /** What was done and asked. */
      readonly told: readonly string[];
      readonly args: readonly string[];
    }
  | {
      readonly said: 'end';
      readonly seed: number;
      readonly told: readonly string[];
      readonly args: readonly string[];
      readonly exitCode: number;
      readonly tookMs: number;
      /** The error that ended it, or a node's. */
      readonly errors: readonly { readonly code: string; readonly message: string; readonly place: string }[];
      /** What must never be. */
      readonly faults: readonly string[];
    };

const task = JSON.parse(process.argv[2] ?? '') as DamageTask;
const env = { PATH: process.env['PATH'], HOME: '/nowhere' };
const say = (line: DamageLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const projects = task.projects.map((folder) => ({ folder, files: readAll(folder) }));
const buildable = projects.find(({ folder }) => folder.endsWith('/state'))!;
if (!existsSync(join(task.built, 'target/run_results.json'))) {
  writeAll(buildable.files, task.built);
  await invoke(['build', '--project-dir', task.built, '--profiles-dir', task.built], { env });
  rmSync(join(task.built, 'logs'), { recursive: true, force: true });
}
const built = readAll(task.built);

process.on('unhandledRejection', (error) => {
  process.stderr.write(`unhandled: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(70);
});

async function runCase(seed: number, folder: string): Promise<DamageLine> {
  const random = seededRandom(seed * 7919);
  const told: string[] = [];
  const isOfState = random.fraction() < 0.2;
  const base = isOfState ? buildable : pick(random, projects);
  const files: Files = new Map(base.files);
  const args: string[] = [];
  if (isOfState) {
    const before: Files = new Map(
      [...built].filter(([path]) => /^target\/(\w+\.json|.*cache.*|[^/]+)$/.test(path)),
    );
    for (let count = 1 + Math.floor(random.fraction() * 2); count > 0; count -= 1)
      told.push(damage(before, random));
    const place = pick(random, ['before', 'before', 'target']);
    for (const [path, bytes] of before) files.set(path.replace(/^target/, place), bytes);
    args.push(...pick(random, stateCommands), ...(place === 'before' ? ['--state', 'before'] : []));
    told.unshift(`artifacts in ${place}`);
  } else {
    for (let count = Math.floor(random.fraction() * 3.5); count > 0; count -= 1)
      told.push(damage(files, random));
    args.push(...pick(random, commands));
    if (told.length === 0 || random.fraction() < 0.15) args.push(...oddWords(random));
  }
  told.unshift(base.folder.split('/').at(-1)!);
  writeAll(files, folder);
  say({ said: 'begin', seed, told, args });
  return await check(seed, folder, told, args);
}

const commands: readonly (readonly string[])[] = [
  ...Array.from({ length: 8 }, () => ['parse']),
  ...[
    ['ls'],
    ['ls', '--output', 'json'],
    ['compile'],
    ['build'],
    ['build'],
    ['run'],
    ['seed'],
    ['snapshot'],
    ['test'],
    ['clean'],
  ],
  ...[
    ['docs', 'generate'],
    ['source', 'freshness'],
    ['show', '--inline', 'select 1'],
    ['debug'],
    ['deps'],
    ['build', '--plan'],
  ],
  ...[['run-operation', 'no_such'], ['retry'], ['clone']],
];

const stateCommands: readonly (readonly string[])[] = [
  ['ls', '--select', 'state:modified+'],
  ['ls', '--select', 'state:new'],
  ['ls', '--select', 'state:modified.macros', 'state:modified.contract', 'state:modified.configs'],
  ['ls', '--select', 'result:success', 'result:error+'],
  ['ls', '--select', 'source_status:fresher+'],
  ['build', '--defer', '--select', 'state:modified'],
  ['compile', '--defer', '--favor-state'],
  ['clone'],
  ['retry'],
  ['parse'],
  ['docs', 'generate'],
];

async function check(seed: number, folder: string, told: string[], args: string[]): Promise<DamageLine> {
  const errors: { code: string; message: string; place: string }[] = [];
  const faults: string[] = [];
  let output = '';
  let isParsed = false;
  const note = (error: unknown): void => {
    if (!isBoathouseError(error)) {
      faults.push(`no code: ${error instanceof Error ? error.stack : String(error)}`);
      return;
    }
    const { file, line } = error.location ?? {};
    const place = file === undefined ? '' : `${file}:${line ?? ''}`;
    errors.push({ code: error.code, message: error.message, place });
  };
  const startedAtMs = Date.now();
  const words = [...args, '--project-dir', folder, '--profiles-dir', folder];
  const ended = await invoke(words, {
    env,
    onOutput: (text) => {
      output += text;
    },
    onEvent: (event) => {
      if (event.kind === 'parsed' || event.kind === 'run-started') isParsed = true;
      if (event.kind === 'node-finished' && event.result.error !== undefined) note(event.result.error);
    },
  });
  const tookMs = Date.now() - startedAtMs;
  if (ended.error !== undefined) note(ended.error);
  if (![0, 1, 2].includes(ended.exitCode)) faults.push(`exit code ${ended.exitCode}`);
  if (ended.exitCode !== 0 && errors.length === 0 && output === '') faults.push('nothing is said');
  const texts = [output, ...errors.map(({ message }) => message)].join('\n');
  for (const pattern of signs) {
    const found = pattern.exec(texts);
    if (found !== null) faults.push(`says ${texts.slice(Math.max(0, found.index - 200), found.index + 200)}`);
  }
  if (!isParsed && existsSync(join(folder, 'lake')))
    faults.push('the lake was written before the project was understood');
  if (!isParsed && readdirSync(folder).some((name) => name.endsWith('.duckdb')))
    faults.push('a database was made before the project was understood');
  return { said: 'end', seed, told, args, exitCode: ended.exitCode, tookMs, errors, faults };
}

/** What only our own mistakes say. */
const signs: readonly RegExp[] = [
  /\n\s+at .*(?:\.[mc]?[jt]s|node:\w+)(?::\d+){1,2}/,
  /Cannot read propert|is not a function|(?<!object) is not iterable|Cannot convert undefined|Maximum call stack/,
  /\[object Object\]|undefined is not|Invalid array length|Invalid string length|Boathouse has made a mistake/,
  /something went wrong|UnhandledPromise|INTERNAL Error|heap out of memory|ERR_[A-Z]+_/,
];

function readAll(folder: string): Files {
  const files: Files = new Map();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (statSync(join(folder, name)).isFile()) files.set(name, readFileSync(join(folder, name)));
  }
  return files;
}

function writeAll(files: Files, folder: string): void {
  for (const [path, bytes] of files) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (bytes === null) mkdirSync(file);
    else writeFileSync(file, bytes);
  }
}

for (let seed = task.firstSeed; seed < task.firstSeed + task.cases; seed += 1) {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-damage-'));
  try {
    say(await runCase(seed, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
