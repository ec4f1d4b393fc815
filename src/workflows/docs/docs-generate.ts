/** `docs generate`: what the project says and what stands in the target, as artifacts and as a site. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printJson, secrets, systemClock } from '../../base/index.ts';
import { type Manifest, type Plain, type ResourceType, writeManifest } from '../../compiler/index.ts';
import type { NodeResult, Target } from '../../targets/index.ts';
import { addColumnLineage } from '../column-lineage.ts';
import type { RunOptions } from '../options.ts';
import { openProject, type ProjectSession } from '../project-session.ts';
import { writeRunArtifacts } from '../run-artifacts.ts';
import { selectIds } from '../selection.ts';
import { makeWritable, writingTo } from '../target-folder.ts';
import { catalogArtifact } from './catalog-artifact.ts';
import { type Documented, readRelations } from './catalog-relations.ts';
import { compileNodes } from './compile-nodes.ts';
import { copyAssets } from './site-assets.ts';
import { sitePage } from './site-page.ts';

/** What to document, and how. */
export interface DocsGenerateOptions extends RunOptions {
  /** False: leave the manifest's code as it is, and catalog everything that is there. */
  readonly compile?: boolean | undefined;
  /** What to compile by its ids, instead of what is selected: for `retry`. */
  readonly ids?: readonly string[] | undefined;
  /** True: look at nothing in the target. */
  readonly emptyCatalog?: boolean | undefined;
  /** True: write the site under dbt's name for one whole file, too. */
  readonly static?: boolean | undefined;
}

/** What was written. */
export interface DocsResult {
  /** Of compiling; empty with `compile: false`. */
  readonly results: readonly NodeResult[];
  /** Absolute path of `catalog.json`; undefined when a node couldn't be compiled. */
  readonly catalogPath: string | undefined;
  /** Absolute path of the site. */
  readonly sitePath: string | undefined;
  /** Why parts of the target couldn't be looked at. */
  readonly errors: readonly string[];
  readonly elapsedMs: number;
}

const compiled: readonly ResourceType[] = [
  'model',
  'seed',
  'snapshot',
  'test',
  'analysis',
  'operation',
  'sql_operation',
];

/**
 * Writes `manifest.json`, `catalog.json` and the site `index.html`, whole in itself, into the target
 * folder. Nothing in the target is changed.
 *
 * @throws compiler.*, jinja.*; workflows.not-writable, workflows.site-missing
 */
export async function docsGenerate(options: DocsGenerateOptions = {}): Promise<DocsResult> {
  const session = await openProject('generate', options);
  try {
    await makeWritable(session.targetPath);
    const { compilation } = session;
    const compiles = options.compile !== false;
    const looks = options.emptyCatalog !== true;
    const ids = compiles
      ? (options.ids ?? selectIds(session, options, compiled)).filter((id) => !isEphemeral(session, id))
      : [];
    const sources = compiles ? selectIds({ ...session, warn: () => {} }, options, ['source']) : [];
    compilation.invocation.selectedResources = [...ids];
    let results: readonly NodeResult[] = [];
    let threads: ReadonlyMap<string, number> = new Map();
    let found: Awaited<ReturnType<typeof readRelations>> = { relations: [], errors: [] };
    const wanted = !looks ? new Set<string>() : compiles ? new Set([...ids, ...sources]) : undefined;
    if (compiles || looks) {
      const target = await session.openTarget({ writes: false });
      try {
        await target.prepare(ids);
        if (compiles) ({ results, threads } = await compileNodes(session, target, ids));
        const failed = results.some(({ status }) => status === 'error');
        if (compiles && !failed) await findLineage(session, target, ids);
        if (looks && !failed) say(session, 'building-catalog', 'Building catalog');
        if (looks && !failed) found = await lookAround(target, compilation.manifest, wanted);
      } finally {
        await target.close();
      }
    }
    return await writeAll(session, options, { results, threads, ...found, wanted });
  } finally {
    session.close();
  }
}

interface Found {
  readonly results: readonly NodeResult[];
  readonly threads: ReadonlyMap<string, number>;
  readonly relations: Awaited<ReturnType<typeof readRelations>>['relations'];
  readonly errors: readonly string[];
  readonly wanted: ReadonlySet<string> | undefined;
}

async function writeAll(
  session: ProjectSession,
  options: DocsGenerateOptions,
  found: Found,
): Promise<DocsResult> {
  const { compilation, targetPath } = session;
  const { manifest, invocation } = compilation;
  const { results, errors } = found;
  const elapsedMs = systemClock.nowMs() - session.startedAtMs;
  if (session.settings.writeJson) {
    if (options.compile !== false) await writeRunArtifacts(session, results, found.threads, elapsedMs);
    else await writingTo(targetPath, () => writeManifest(compilation, targetPath));
  }
  if (results.some(({ status }) => status === 'error')) {
    say(session, 'no-docs-written', 'Compiling failed, so no documentation was written');
    return { results, catalogPath: undefined, sitePath: undefined, errors, elapsedMs };
  }
  const header = {
    dbtVersion: String(manifest.metadata['dbt_version'] ?? ''),
    generatedAtMs: systemClock.nowMs(),
    invocationId: invocation.id,
    startedAtMs: session.startedAtMs,
    env: (manifest.metadata['env'] ?? {}) as Record<string, string>,
  };
  const catalog: Plain = catalogArtifact(header, manifest, found.relations, found.wanted, errors);
  const catalogPath = join(targetPath, 'catalog.json');
  const sitePath = join(targetPath, 'index.html');
  const readme = await readFile(join(session.project.root, 'README.md'), 'utf8').catch(() => '');
  const page = await sitePage(manifest, catalog, readme);
  await writingTo(targetPath, async () => {
    await writeFile(catalogPath, secrets.scrub(printJson(catalog)));
    await writeFile(sitePath, page);
    if (options.static === true) await writeFile(join(targetPath, 'static_index.html'), page);
    await copyAssets(session.project, targetPath);
  });
  for (const error of errors) say(session, 'catalog-failures', error, 'error');
  say(session, 'catalog-written', `Catalog written to ${catalogPath}`);
  say(session, 'site-written', `Site written to ${sitePath}`);
  return { results, catalogPath, sitePath, errors, elapsedMs: systemClock.nowMs() - session.startedAtMs };
}

/** Where each column comes from, for the manifest and the site. */
async function findLineage(session: ProjectSession, target: Target, ids: readonly string[]): Promise<void> {
  const connection = await target.session('lineage');
  try {
    await addColumnLineage(session, connection, ids);
  } finally {
    await connection.release();
  }
}

/** What stands in the target for everything that could, or for what is `wanted`. */
async function lookAround(
  target: Target,
  manifest: Manifest,
  wanted: ReadonlySet<string> | undefined,
): Promise<Awaited<ReturnType<typeof readRelations>>> {
  const all: Documented[] = [
    ...Object.values(manifest.nodes).filter((node) => node.relation_name !== null),
    ...Object.values(manifest.sources),
  ];
  const asked = all.filter(({ unique_id }) => wanted === undefined || wanted.has(unique_id));
  const connection = await target.session('generate_catalog');
  try {
    return await readRelations(connection, asked);
  } finally {
    await connection.release();
  }
}

function isEphemeral({ compilation }: ProjectSession, id: string): boolean {
  return compilation.manifest.nodes[id]?.config.materialized === 'ephemeral';
}

/** Tells how far it is; some of these are events of dbt's by name. */
function say(session: ProjectSession, what: string, text: string, level: 'info' | 'error' = 'info'): void {
  const code = `workflows.${what}`;
  session.emit({ kind: 'message', atMs: systemClock.nowMs(), level, text, printed: false, code });
}
