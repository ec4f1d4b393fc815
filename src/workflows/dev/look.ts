/** One look at a project: is it sound, what does the model at hand compile to, and which rows does it give. */
import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BoathouseError, isBoathouseError, systemClock } from '../../base/index.ts';
import { isCodeLanguage, type ManifestNode, writeCompiled, writeManifestText } from '../../compiler/index.ts';
import { type Grid, gridOfWarehouse } from '../grid.ts';
import { moved } from '../node-artifacts.ts';
import { refuseWrites } from '../only-reads.ts';
import type { RunOptions } from '../options.ts';
import { placeSqlError } from '../place-sql-error.ts';
import { openProject, type ProjectSession } from '../project-session.ts';
import { selectNamed } from '../selection.ts';
import { writingTo } from '../target-folder.ts';

/** What a look found; each as soon as it is known. */
export type Finding =
  /** The project is sound. */
  | {
      readonly kind: 'checked';
      readonly project: string;
      readonly target: string;
      readonly nodes: number;
      readonly elapsedMs: number;
    }
  /** The SQL of the model at hand. */
  | {
      readonly kind: 'compiled';
      readonly uniqueId: string;
      readonly name: string;
      readonly file: string;
      readonly code: string;
    }
  /** Its first rows. */
  | {
      readonly kind: 'preview';
      readonly uniqueId: string;
      readonly name: string;
      readonly grid: Grid;
      readonly elapsedMs: number;
    }
  /** What is wrong: with the project, with the model's template, or with its SQL. */
  | {
      readonly kind: 'broken';
      readonly what: 'project' | 'template' | 'rows';
      readonly name: string | undefined;
      readonly error: Error;
    };

/** What to look at. */
export interface LookOptions extends RunOptions {
  /** Files that have changed since the last look, absolute. */
  readonly changed: readonly string[];
  /** The model at hand at the last look. */
  readonly last: string | undefined;
  /** Rows at most. */
  readonly limit: number;
  /** False: no query is run. */
  readonly preview: boolean;
  readonly tell: (finding: Finding) => void;
}

/**
 * Looks once. What is wrong is told, and not thrown.
 *
 * @returns the model at hand now.
 */
export async function look(options: LookOptions): Promise<string | undefined> {
  const startedMs = systemClock.nowMs();
  let session: ProjectSession;
  try {
    session = await openProject('show', options);
  } catch (error) {
    options.tell({ kind: 'broken', what: 'project', name: undefined, error: asError(error) });
    return options.last;
  }
  try {
    const { compilation, settings, targetPath, project } = session;
    if (settings.writeJson)
      await writingTo(targetPath, () => writeManifestText(compilation.manifestJson(), targetPath));
    options.tell({
      kind: 'checked',
      project: project.name,
      target: project.profile.targetName,
      nodes: Object.keys(compilation.manifest.nodes).length,
      elapsedMs: systemClock.nowMs() - startedMs,
    });
    const node = atHand(session, options);
    if (node !== undefined) await lookAt(session, node, options);
    return node?.unique_id ?? options.last;
  } catch (error) {
    options.tell({ kind: 'broken', what: 'project', name: undefined, error: asError(error) });
    return options.last;
  } finally {
    session.close();
  }
}

/** Kinds whose SQL is worth a look. */
const shown: ReadonlySet<string> = new Set(['model', 'snapshot', 'analysis', 'seed', 'test']);

/** The model last edited: among what changed, else what it was, else what is selected, else the newest file. */
function atHand(session: ProjectSession, options: LookOptions): ManifestNode | undefined {
  const { project, compilation } = session;
  const own = Object.values(compilation.manifest.nodes).filter(
    (node) => shown.has(node.resource_type) && node.package_name === project.name,
  );
  const fileOf = (node: ManifestNode): string => join(project.root, node.original_file_path);
  const edited = own.filter((node) => !isGeneric(node) && options.changed.includes(fileOf(node)));
  const last = options.last === undefined ? undefined : compilation.manifest.nodes[options.last];
  if (edited.length > 0) return newest(edited, fileOf);
  const described = own.filter(({ patch_path }) =>
    options.changed.some((file) => patch_path === `${project.name}://${relative(project.root, file)}`),
  );
  if (described.length > 0) return described.find((node) => node === last) ?? newest(described, fileOf);
  if (last !== undefined) return last;
  if (options.select !== undefined || options.selector !== undefined) {
    const [id] = selectNamed(session, options, ['model', 'snapshot', 'analysis', 'seed', 'test']);
    return id === undefined ? undefined : compilation.manifest.nodes[id];
  }
  return newest(
    own.filter(({ resource_type }) => resource_type === 'model'),
    fileOf,
  );
}

/** A generic test's file is that of what it tests. */
const isGeneric = (node: ManifestNode): boolean => /\.ya?ml$/.test(node.original_file_path);

function newest(
  nodes: readonly ManifestNode[],
  fileOf: (node: ManifestNode) => string,
): ManifestNode | undefined {
  let found: { readonly node: ManifestNode; readonly ms: number } | undefined;
  for (const node of nodes) {
    const ms = statSync(fileOf(node), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (found === undefined || ms > found.ms) found = { node, ms };
  }
  return found?.node;
}

async function lookAt(session: ProjectSession, node: ManifestNode, options: LookOptions): Promise<void> {
  const { name, unique_id: uniqueId, original_file_path: file } = node;
  const { compilation } = session;
  const isOpaque = node.resource_type === 'seed' || isCodeLanguage(node.language);
  let what: 'template' | 'rows' = 'template';
  let code = '';
  const target = await session.openTarget({ writes: false });
  const signal = options.signal;
  try {
    await target.prepare([uniqueId]);
    const connection = await target.session('dev');
    const stop = (): void => connection.interrupt();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const engine = { session: connection, warehouse: target.warehouse };
      code = isOpaque
        ? `select * from ${node.relation_name}`
        : (await compilation.compileNode(uniqueId, engine)).code;
      if (!isOpaque && session.settings.writeJson) {
        const { targetPath, project } = session;
        await writingTo(targetPath, () => writeCompiled(node, targetPath, project.root));
      }
      options.tell({ kind: 'compiled', uniqueId, name, file, code: isOpaque ? node.raw_code : code });
      if (!options.preview || signal?.aborted === true) return;
      what = 'rows';
      const startedMs = systemClock.nowMs();
      const ask = async (question: string): Promise<unknown> =>
        (await connection.execute(question, { fetch: true })).table.rows[0]?.[0];
      await refuseWrites(code, ask);
      const { table } = await connection.execute(code, { fetch: true, limit: options.limit + 1 });
      const grid = gridOfWarehouse(table, options.limit);
      options.tell({ kind: 'preview', uniqueId, name, grid, elapsedMs: systemClock.nowMs() - startedMs });
    } finally {
      signal?.removeEventListener('abort', stop);
      await connection.release();
    }
  } catch (error) {
    // What came of a query that a newer edit has stopped is nobody's concern.
    if (signal?.aborted === true) return;
    options.tell({ kind: 'broken', what, name, error: placed(error, node, code, session.project.root) });
  } finally {
    await target.close();
  }
}

/** The error at the place in the user's file, where it stands in the compiled SQL. */
function placed(error: unknown, node: ManifestNode, code: string, root: string): Error {
  if (!isBoathouseError(error) || error.location?.text === undefined) return asError(error);
  if (error.location.file !== '<sql>') return error;
  const texts = {
    sourceFile: join(root, node.original_file_path),
    source: node.raw_code,
    compiledFile: node.compiled_path ? join(root, node.compiled_path) : undefined,
    compiled: code,
  };
  return moved(error, placeSqlError(error.location, texts));
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error || thrown instanceof BoathouseError ? thrown : new Error(String(thrown));
}
