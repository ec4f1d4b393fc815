/** `compile`: the SQL that would run, as files and as text. */
import { systemClock } from '../base/index.ts';
import { isCodeLanguage, type ResourceType, writeCompiled, writeManifest } from '../compiler/index.ts';
import type { NodeResult } from '../targets/index.ts';
import { addColumnLineage } from './column-lineage.ts';
import { compiledResult } from './docs/compile-nodes.ts';
import type { RunOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { writeRunArtifacts } from './run-artifacts.ts';
import { selectIds, selectNamed } from './selection.ts';
import { writingTo } from './target-folder.ts';

/** What to compile: selected nodes, or a text. */
export interface CompileOptions extends RunOptions {
  /** Jinja SQL to compile instead of nodes. */
  readonly inline?: string | undefined;
  /** False: ephemeral models are left out of what reads them. */
  readonly injectEphemeralCtes?: boolean | undefined;
  /** Nodes by their ids, instead of what is selected: for `retry`. */
  readonly ids?: readonly string[] | undefined;
}

/** A node's compiled SQL. */
export interface CompiledText {
  /** Undefined for an inline text. */
  readonly uniqueId: string | undefined;
  readonly name: string;
  readonly code: string;
  /** Whether it was asked for by name, and not only as a test of what was. */
  readonly named: boolean;
  /** Relative to the project; undefined for an inline text, and for snapshots, whose SQL dbt keeps to itself. */
  readonly path: string | undefined;
}

/** What was compiled, parents first. */
export interface CompileResult {
  readonly compiled: readonly CompiledText[];
  readonly elapsedMs: number;
}

/**
 * Compiles the selected models, tests, snapshots, seeds and analyses into `target/compiled`, or the
 * inline text. Templates may query the target; nothing is changed there.
 *
 * @throws compiler.*, jinja.* with the place of the mistake; workflows.not-writable
 */
export async function compile(options: CompileOptions = {}): Promise<CompileResult> {
  const session = await openProject('compile', options);
  try {
    const { compilation, settings, targetPath } = session;
    const sinceStart = (): number => systemClock.nowMs() - session.startedAtMs;
    if (options.inline !== undefined) {
      const compiled = [await compileInline(session, options.inline, options)];
      if (settings.writeJson) await writingTo(targetPath, () => writeManifest(compilation, targetPath));
      return { compiled, elapsedMs: sinceStart() };
    }
    const { compiled, results } = await compileSelected(session, options);
    if (settings.writeJson) await writeRunArtifacts(session, results, new Map(), sinceStart());
    return { compiled, elapsedMs: sinceStart() };
  } finally {
    session.close();
  }
}

async function compileSelected(
  session: ProjectSession,
  options: CompileOptions,
): Promise<{ readonly compiled: readonly CompiledText[]; readonly results: readonly NodeResult[] }> {
  const { compilation } = session;
  const types: readonly ResourceType[] = ['model', 'test', 'snapshot', 'analysis'];
  const selected = new Set(options.ids ?? selectIds(session, options, types));
  // dbt's results name these, too, and there is no text of them to show.
  const quiet = { ...session, warn: () => {} };
  const silent = new Set(
    options.ids === undefined ? selectIds(quiet, options, ['seed', 'operation', 'sql_operation']) : [],
  );
  const named = new Set(options.ids ?? selectNamed(quiet, options, types));
  const ids = compilation.graph.order.filter((id) => selected.has(id) || silent.has(id));
  compilation.invocation.selectedResources = ids;
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare(ids);
    const engineSession = await target.session('compile');
    const compiled: CompiledText[] = [];
    const results: NodeResult[] = [];
    for (const id of ids) {
      const startedAtMs = systemClock.nowMs();
      const engine = { session: engineSession, warehouse: target.warehouse };
      const { node, code: whole, codeWithoutCtes } = await compilation.compileNode(id, engine);
      const sql = options.injectEphemeralCtes === false ? codeWithoutCtes : whole;
      if (sql !== whole) Object.assign(node, { compiled_code: sql, extra_ctes_injected: false });
      const code = isCodeLanguage(node.language) ? node.raw_code : sql;
      if (node.config.materialized !== 'ephemeral') results.push(compiledResult(node, code, startedAtMs));
      if (silent.has(id)) continue;
      const { targetPath, project } = session;
      const path =
        node.resource_type === 'snapshot'
          ? undefined
          : await writingTo(targetPath, () => writeCompiled(node, targetPath, project.root));
      compiled.push({ uniqueId: id, name: node.name, code, path, named: named.has(id) });
    }
    if (session.settings.writeJson) await addColumnLineage(session, engineSession, ids);
    await engineSession.release();
    return { compiled, results };
  } finally {
    await target.close();
  }
}

async function compileInline(
  session: ProjectSession,
  text: string,
  { injectEphemeralCtes = true }: CompileOptions,
): Promise<CompiledText> {
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare([]);
    const engineSession = await target.session('compile');
    const engine = { session: engineSession, warehouse: target.warehouse };
    const code = await session.compilation.compileInline(text, engine, { withoutCtes: !injectEphemeralCtes });
    await engineSession.release();
    return { uniqueId: undefined, name: 'inline', code, path: undefined, named: true };
  } finally {
    await target.close();
  }
}
