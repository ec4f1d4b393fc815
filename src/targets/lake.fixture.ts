/** A lake in a temporary folder: its project's files written, built in this process, and read as anybody would. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Compilation, compileProject } from '../compiler/index.ts';
import { Database, formatSqlValue } from '../duckdb/index.ts';
import { openTarget } from './open-target.ts';
import { type FixtureOptions, fixtureProject } from './project.fixture.ts';
import type { NodeResult, PublishResult, Target, TargetOptions } from './target.ts';

/** How a build differs from `boathouse build` of everything. */
export interface BuildOptions extends TargetOptions {
  readonly fullRefresh?: boolean;
  readonly select?: readonly string[];
  readonly vars?: Record<string, unknown>;
  readonly project?: FixtureOptions;
  readonly args?: Record<string, unknown>;
}

/** What came of a build. */
export interface Built {
  readonly results: ReadonlyMap<string, NodeResult>;
  readonly published: PublishResult;
}

/** A project in a folder, and the file `lake.duckdb` that it publishes. */
export class Lake {
  #root = '';

  /** The folder, absolute. */
  get root(): string {
    return this.#root;
  }

  /** Makes the folder. */
  async make(): Promise<void> {
    this.#root = await mkdtemp(join(tmpdir(), 'boathouse-target-'));
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  /** Writes files, by path below the folder. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.#root, path)), { recursive: true });
      await writeFile(join(this.#root, path), text);
    }
  }

  /** The project, parsed. */
  async compile(options: BuildOptions = {}): Promise<Compilation> {
    const vars = options.vars ?? {};
    const project = await fixtureProject(this.#root, { vars, ...options.project });
    return await compileProject(project, {
      invocation: {
        id: `run-${Math.random()}`,
        startedAt: new Date(),
        command: 'build',
        args: options.args ?? {},
        threads: 2,
        fullRefresh: options.fullRefresh ?? false,
        vars,
        flags: {},
        env: process.env,
      },
      // Concurrent builds of one process would share the temporary names of the parse cache.
      targetPath: join(this.#root, `target-${Math.random()}`),
    });
  }

  /** A target that is prepared for the selected nodes, all unless given, and their unique ids in graph order. */
  async begin(
    options: BuildOptions = {},
  ): Promise<{ compilation: Compilation; target: Target; ids: string[] }> {
    const compilation = await this.compile(options);
    const ids = compilation.graph.order.filter((id) => {
      const node = compilation.manifest.nodes[id];
      return (
        node && node.config.materialized !== 'ephemeral' && (options.select?.includes(node.name) ?? true)
      );
    });
    compilation.invocation.selectedResources = ids;
    const target: Target = await openTarget(compilation, options);
    try {
      await target.prepare(ids);
    } catch (error) {
      await target.close();
      throw error;
    }
    return { compilation, target, ids };
  }

  /** Builds the selected nodes in graph order, and publishes. */
  async build(options: BuildOptions = {}): Promise<Built> {
    const { compilation, target, ids } = await this.begin(options);
    try {
      const results = new Map<string, NodeResult>();
      for (const id of ids) {
        const result = await target.runNode(id);
        results.set(compilation.manifest.nodes[id]?.name ?? id, result);
      }
      return { results, published: await target.publish() };
    } finally {
      await target.close();
    }
  }

  /** What the published file says, as anybody's DuckDB would read it. */
  async query(sql: string): Promise<string[][]> {
    const database = await Database.open({ path: join(this.#root, 'lake.duckdb'), readOnly: true });
    try {
      const session = await database.session();
      const { columns, rows } = await session.query(sql);
      return rows.map((row) => row.map((value, index) => formatSqlValue(value, columns[index]?.sqlType)));
    } finally {
      await database.close();
    }
  }

  /** Runs statements on the published file, as another program that has it open for writing. */
  async change(sql: string): Promise<void> {
    const database = await Database.open({ path: join(this.#root, 'lake.duckdb') });
    try {
      await (await database.session()).run(sql);
    } finally {
      await database.close();
    }
  }
}

/** Each node's status, or its error's message. */
export function statuses(results: ReadonlyMap<string, NodeResult>): Record<string, string> {
  return Object.fromEntries(
    [...results].map(([name, result]) => [name, result.error?.message ?? result.status]),
  );
}
