/**
 * A model that is a program, as the query that every plan takes: what it returned, or the rows it made, which
 * wait in a temporary table.
 */
import { join } from 'node:path';
import { assert } from '../../base/index.ts';
import {
  isCodeLanguage,
  type ManifestNode,
  type RelationName,
  type RenderExtras,
} from '../../compiler/index.ts';
import type { Batch } from '../batches.ts';
import type { NodeRun } from '../run-node.ts';
import { Bridge } from './bridge.ts';
import { codeModelErrors } from './errors.ts';
import { keyOf, type RelationText } from './messages.ts';
import { runPython } from './run-python.ts';
import { runScript } from './run-script.ts';
import { StagedRows } from './staged-rows.ts';

/** Whether the node is a program. */
export function isCodeModel(node: ManifestNode): boolean {
  return isCodeLanguage(node.language);
}

/** The rows of a program, until they are let go. */
export interface ComputedRows {
  /** The query that gives them. */
  readonly sql: string;
  /** Lets go of what the query reads, once nobody reads it any more. */
  release(): Promise<void>;
}

/** What a batch of a microbatch model changes. */
export interface CodeBatch {
  readonly id: string;
  readonly batch: Batch;
  readonly extras: RenderExtras;
}

/** Runs the program. @throws targets.code-failed and the other errors of such models */
export async function codeQuery(run: NodeRun, batch?: CodeBatch): Promise<ComputedRows> {
  const { node, session, work, signal, compilation } = run;
  const staged = new StagedRows(session.connection, node);
  const facts = await codeFacts(run, batch);
  const beforeRows = (): void => {
    if (node.config.materialized !== 'view') return;
    throw codeModelErrors['view-needs-query']({ node: node.unique_id }, { location: { file: facts.file } });
  };
  const say = (line: string): void => compilation.invocation.say?.(`${node.name}: ${line}`, 'info');
  if (node.language === 'python') {
    beforeRows();
    return await runPython({ run, facts, say });
  }
  const bridge = new Bridge({ session, work, staged, beforeRows, signal });
  const { profile } = compilation.project;
  const query = await runScript({
    start: {
      kind: 'start',
      node: node.unique_id,
      file: facts.file,
      relations: facts.relations,
      self: facts.self,
      isIncremental: facts.isIncremental,
      batch: facts.batch,
      config: plain(node.config),
      vars: plain(compilation.varsOf(node.package_name)),
      target: plain(profile.targetDict),
    },
    bridge,
    runId: run.runId,
    signal,
    say,
  });
  return {
    sql: query ?? (await staged.query(await existingColumns(run))),
    release: () => staged.drop(),
  };
}

/** What programs of every language are told. */
export interface CodeFacts {
  /** Absolute. */
  readonly file: string;
  /** By `keyOf`. */
  readonly relations: Readonly<Record<string, RelationText>>;
  refs(packageName: string | null, name: string, version: string | number | null): RelationText;
  sources(source: string, table: string): RelationText;
  readonly self: RelationText;
  readonly isIncremental: boolean;
  readonly batch: { readonly id: string; readonly start: Date; readonly end: Date } | undefined;
}

async function codeFacts(run: NodeRun, batch: CodeBatch | undefined): Promise<CodeFacts> {
  const { compilation, node, engine } = run;
  const render = (text: string): Promise<string> => compilation.renderIn(node, text, engine, batch?.extras);
  const home = compilation.project.packages.find(({ name }) => name === node.package_name)?.root;
  const relations = await relationsOf(run, render, batch);
  const known = (key: string): RelationText => {
    const found = relations[key];
    assert(found, 'every reference of a node has its relation');
    return found;
  };
  return {
    file: join(home ?? compilation.project.root, node.original_file_path),
    relations,
    refs: (packageName, name, version) => known(keyOf('ref', [packageName, name, version])),
    sources: (source, table) => known(keyOf('source', [source, table])),
    self: {
      sql: await render('{{ this }}'),
      database: node.database,
      schema: node.schema,
      identifier: node.alias,
    },
    isIncremental: (await render('{{ is_incremental() }}')) === 'True',
    batch: batch && { id: batch.id, start: batch.batch.start, end: batch.batch.end },
  };
}

async function relationsOf(
  run: NodeRun,
  render: (text: string) => Promise<string>,
  batch: CodeBatch | undefined,
): Promise<Record<string, RelationText>> {
  const { compilation, node, engine } = run;
  const { manifest } = compilation;
  const parents = node.depends_on.nodes.flatMap((id) => manifest.nodes[id] ?? []);
  const relations: Record<string, RelationText> = {};
  for (const { name, package: packageName, version } of node.refs) {
    const given = [packageName, name].filter((part) => part !== null).map((part) => JSON.stringify(part));
    if (version !== null) given.push(`version=${JSON.stringify(version)}`);
    const call = `{{ ref(${given.join(', ')}) }}`;
    const parent = parents.find(
      (one) =>
        one.name === name &&
        (packageName === null || one.package_name === packageName) &&
        isVersion(one, version),
    );
    const isEphemeral = parent?.config.materialized === 'ephemeral';
    const sql = isEphemeral
      ? `(\n${await compilation.compileInline(`select * from ${call}`, engine, { ...batch?.extras, packageName: node.package_name })}\n)`
      : await render(call);
    relations[keyOf('ref', [packageName, name, version])] = isEphemeral
      ? { sql, database: null, schema: null, identifier: name }
      : { sql, ...partsOf(parent) };
  }
  for (const [source = '', table = ''] of node.sources) {
    const found = Object.values(manifest.sources).find(
      (one) =>
        one.source_name === source && one.name === table && node.depends_on.nodes.includes(one.unique_id),
    );
    const sql = await render(`{{ source(${JSON.stringify(source)}, ${JSON.stringify(table)}) }}`);
    relations[keyOf('source', [source, table])] = {
      sql,
      database: found?.database ?? null,
      schema: found?.schema ?? null,
      identifier: found?.identifier ?? table,
    };
  }
  return relations;
}

function isVersion(node: ManifestNode, version: string | number | null): boolean {
  return version === null
    ? node.version === null || node.version === undefined || node.version === node.latest_version
    : String(node.version) === String(version);
}

function partsOf(node: ManifestNode | undefined): Omit<RelationText, 'sql'> {
  return { database: node?.database ?? null, schema: node?.schema ?? null, identifier: node?.alias ?? null };
}

/** The columns that an incremental model has already: a run that finds nothing new keeps them. */
async function existingColumns(
  run: NodeRun,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  const { node, session } = run;
  if (node.config.materialized !== 'incremental') return [];
  const target: RelationName = { database: node.database, schema: node.schema, identifier: node.alias };
  return (await session.existing(target)) === undefined ? [] : await session.columnsOf(target);
}

/** What JSON says of `value`: a thread takes no classes. */
function plain(value: object): Record<string, unknown> {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
  return JSON.parse(text) as Record<string, unknown>;
}
