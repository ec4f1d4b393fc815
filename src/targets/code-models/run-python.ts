/**
 * Running a Python model in the user's own Python: a process of its own, with DuckDB files between.
 *
 * The parents' rows are copied to a file first, under the names that they have here, so that what the model asks
 * DuckDB for is what it would find in the database itself. What it returns comes back in another file, with the
 * types that Python's DuckDB gave it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BoathouseError, SourceLocation } from '../../base/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath, type Session } from '../../duckdb/index.ts';
import type { NodeRun } from '../run-node.ts';
import type { CodeFacts, ComputedRows } from './code-query.ts';
import { codeModelErrors } from './errors.ts';
import { splitLines } from './lines.ts';
import type { RelationText } from './messages.ts';
import { pythonDriver } from './python-driver.ts';

/** How long Python may take to leave when it is told to. */
const stopMs = 2000;

/** What running a Python model needs. */
export interface PythonRun {
  readonly run: NodeRun;
  readonly facts: CodeFacts;
  /** A line that the model printed. */
  readonly say: (line: string) => void;
}

/**
 * Runs the model.
 *
 * @throws targets.no-python, targets.python-not-found, targets.python-lacks, targets.code-failed at the model's line
 */
export async function runPython(input: PythonRun): Promise<ComputedRows> {
  const { run, facts } = input;
  const python = pythonOf(run);
  if (python === undefined)
    throw codeModelErrors['no-python']({ node: run.node.unique_id }, { location: { file: facts.file } });
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-python-'));
  try {
    const job = await writeJob(input, folder);
    await runProcess(python, folder, input);
    return await readResult(python, folder, job, input);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The profile's interpreter, or the environment's. */
function pythonOf({ compilation }: NodeRun): string | undefined {
  const { project, invocation } = compilation;
  const given = project.profile.lakehouse.python ?? (invocation.env['BOATHOUSE_PYTHON'] || undefined);
  return given?.includes('/') ? resolve(project.root, given) : given;
}

interface Job {
  readonly out: string;
  readonly report: string;
}

/** Puts everything that the model reads into files. */
async function writeJob({ run, facts }: PythonRun, folder: string): Promise<Job> {
  const { node, compilation, work } = run;
  const session = await work.session();
  try {
    const copies = new ParentCopies(session.connection, folder, (sql) => session.resolve(sql));
    const relations: Record<string, string> = {};
    for (const { name, package: packageName, version } of node.refs) {
      const key = `ref.${[packageName, name].filter((part) => part !== null).join('.')}${version === null ? '' : `.v${version}`}`;
      relations[key] = await copies.add(facts.refs(packageName, name, version));
    }
    for (const [source = '', table = ''] of node.sources)
      relations[`source.${source}.${table}`] = await copies.add(facts.sources(source, table));
    if (facts.isIncremental) await copies.add(facts.self);
    const attach = await copies.finish();
    const job = { out: join(folder, 'out.duckdb'), report: join(folder, 'report.json') };
    const config = JSON.parse(
      JSON.stringify(node.config, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    ) as Record<string, unknown>;
    const { profile, root } = compilation.project;
    const text = JSON.stringify({
      ...job,
      name: node.alias,
      file: facts.file,
      scratch: join(folder, '__boathouse_scratch.duckdb'),
      attach,
      use: attach.find(({ name }) => name === node.database)?.name ?? '',
      relations,
      this: facts.self,
      config,
      meta: node.config.meta ?? {},
      is_incremental: facts.isIncremental,
      module_paths: profile.modulePaths.map((path) => resolve(root, path)),
    });
    await writeFile(join(folder, 'job.json'), text);
    await writeFile(join(folder, 'driver.py'), pythonDriver);
    return job;
  } finally {
    await session.release();
  }
}

/** Copies of relations, one file for each database that they are in. */
class ParentCopies {
  readonly #session: Session;
  readonly #folder: string;
  readonly #resolve: (sql: string) => Promise<string>;
  readonly #files = new Map<
    string,
    { readonly alias: string; readonly path: string; readonly schemas: Set<string> }
  >();
  readonly #known = new Map<string, string>();

  constructor(session: Session, folder: string, resolved: (sql: string) => Promise<string>) {
    this.#session = session;
    this.#folder = folder;
    this.#resolve = resolved;
  }

  /** @returns what the model finds it under */
  async add(relation: RelationText): Promise<string> {
    const known = this.#known.get(relation.sql);
    if (known !== undefined) return known;
    const { database, schema, identifier } = relation;
    const isNamed = database !== null && schema !== null && identifier !== null;
    const name = isNamed ? identifier : `parent_${this.#known.size}`;
    const home = isNamed ? { database, schema } : { database: '__boathouse_parents', schema: 'main' };
    const file = await this.#file(home.database);
    if (!file.schemas.has(home.schema)) {
      await this.#session.run(`create schema if not exists ${quotePath([file.alias, home.schema])}`);
      file.schemas.add(home.schema);
    }
    const sql = await this.#resolve(`select * from ${relation.sql}`);
    await this.#session.run(
      `create or replace table ${quotePath([file.alias, home.schema, name])} as ${sql}`,
    );
    const found = quotePath([home.database, home.schema, name]);
    this.#known.set(relation.sql, found);
    return found;
  }

  /** Lets go of the files, so that another process can open them. */
  async finish(): Promise<readonly { readonly name: string; readonly path: string }[]> {
    for (const { alias } of this.#files.values()) await this.#session.run(`detach ${quoteIdentifier(alias)}`);
    return [...this.#files].map(([name, { path }]) => ({ name, path }));
  }

  async #file(
    database: string,
  ): Promise<{ readonly alias: string; readonly path: string; readonly schemas: Set<string> }> {
    const known = this.#files.get(database);
    if (known !== undefined) return known;
    const path = join(this.#folder, `in_${this.#files.size}.duckdb`);
    const alias = aliasOf(path);
    await this.#session.run(`attach ${quoteLiteral(path)} as ${quoteIdentifier(alias)}`);
    const file = { alias, path, schemas: new Set(['main']) };
    this.#files.set(database, file);
    return file;
  }
}

/** A name that no other node's files have while both are attached. */
function aliasOf(path: string): string {
  return `__boathouse_${path.split('/').slice(-2).join('_').replaceAll(/\W/g, '_')}`;
}

async function runProcess(python: string, folder: string, { run, facts, say }: PythonRun): Promise<void> {
  const { signal, node } = run;
  signal?.throwIfAborted();
  const child = spawn(python, [join(folder, 'driver.py'), join(folder, 'job.json')], {
    cwd: run.compilation.project.root,
    env: { ...run.compilation.invocation.env, PYTHONUNBUFFERED: '1', PYTHONIOENCODING: 'utf-8' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = (): void => endProcess(child);
  signal?.addEventListener('abort', stop, { once: true });
  const lines = [splitLines(say), splitLines(say)] as const;
  child.stdout.setEncoding('utf8').on('data', lines[0].push);
  child.stderr.setEncoding('utf8').on('data', lines[1].push);
  child.stdin.on('error', () => undefined);
  try {
    await new Promise<void>((done, fail) => {
      child.on('error', (error) =>
        fail(
          codeModelErrors['python-not-found'](
            { node: node.unique_id, python, problem: error.message },
            { location: { file: facts.file }, cause: error },
          ),
        ),
      );
      child.on('close', () => done());
    });
  } finally {
    for (const { end } of lines) end();
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
}

function endProcess(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }, stopMs).unref();
}

type Report =
  | { readonly kind: 'done' }
  | { readonly kind: 'lacks'; readonly module: string }
  | {
      readonly kind: 'failed';
      readonly type: string;
      readonly message: string;
      readonly frames: readonly (readonly [string, number, string])[];
      readonly traceback: string;
      readonly missing: string | null;
    };

async function readResult(python: string, folder: string, job: Job, input: PythonRun): Promise<ComputedRows> {
  const { run, facts } = input;
  const node = run.node.unique_id;
  if (!existsSync(job.report)) {
    throw codeModelErrors['code-stopped'](
      { node, why: 'Python ended without a word' },
      { location: { file: facts.file } },
    );
  }
  const report = JSON.parse(await readFile(job.report, 'utf8')) as Report;
  switch (report.kind) {
    case 'lacks':
      throw codeModelErrors['python-lacks'](
        { node, python, module: report.module },
        { location: { file: facts.file } },
      );
    case 'failed':
      throw failureOf(report, python, node, folder, facts.file);
    case 'done': {
      const alias = aliasOf(job.out);
      const { connection } = run.session;
      await connection.run(`attach ${quoteLiteral(job.out)} as ${quoteIdentifier(alias)} (read_only)`);
      return {
        sql: `select * from ${quotePath([alias, 'main', 'rows'])}`,
        release: async () => {
          await connection.run(`detach ${quoteIdentifier(alias)}`);
          await rm(folder, { recursive: true, force: true });
        },
      };
    }
  }
}

function failureOf(
  report: Report & { readonly kind: 'failed' },
  python: string,
  node: string,
  folder: string,
  file: string,
): BoathouseError {
  const own = report.frames.filter(([path]) => !path.startsWith(folder) && !path.startsWith('<frozen'));
  const inModel = own.filter(([path]) => path === file);
  const [path, line] = inModel.at(-1) ?? own.at(-1) ?? [file, undefined, ''];
  const location: SourceLocation = {
    file: path,
    ...(line === undefined ? {} : { line, column: 1 }),
    ...textOf(path),
    stack: own.toReversed().map(([at, row, called]) => `${called} (${at}:${row})`),
  };
  if (report.missing !== null)
    return codeModelErrors['python-lacks']({ node, python, module: report.missing }, { location });
  return codeModelErrors['code-failed'](
    { node, problem: `${report.type}: ${report.message}` },
    { location, cause: new Error(report.traceback) },
  );
}

function textOf(path: string): { readonly text?: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch {
    return {};
  }
}
