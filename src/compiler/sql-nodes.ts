/** Nodes that have a file of their own: models, seeds, snapshots, singular tests, analyses; and hooks. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseTemplate } from '../jinja/index.ts';
import type { Package, SourceFile } from '../project/index.ts';
import { codeErrors, codeLanguage, readCode, recordCode } from './code-models/index.ts';
import type { ConfiguredType } from './config-defaults.ts';
import { belowSearchPath } from './doc-blocks.ts';
import { type Finishing, finishNode } from './finish-node.ts';
import type { ManifestNode, NodeConfig } from './manifest.ts';
import { type NodeSeed, newNode } from './node-shape.ts';
import type { Patch, PatchBook } from './patches.ts';
import { applyRecord, newRecord, type Recorded } from './record-sql.ts';

type SqlType = 'model' | 'seed' | 'snapshot' | 'test' | 'analysis' | 'function';

/** Reads every node of the project that isn't described in YAML alone. In dbt's order. */
export function readSqlNodes(tools: Finishing, patches: PatchBook): void {
  const { packages } = tools.parsing.project;
  for (const pkg of packages) {
    for (const file of pkg.files.models) readModel(tools, patches, pkg, file);
  }
  for (const pkg of packages)
    for (const file of pkg.files.snapshots) readSnapshots(tools, patches, pkg, file);
  for (const pkg of packages)
    for (const file of pkg.files.analyses) readPlain(tools, patches, pkg, file, 'analysis');
  for (const pkg of packages)
    for (const file of pkg.files.singularTests) readPlain(tools, patches, pkg, file, 'test');
  for (const pkg of packages) for (const file of pkg.files.seeds) readSeed(tools, patches, pkg, file);
  for (const pkg of packages)
    for (const file of pkg.files.functions) readPlain(tools, patches, pkg, file, 'function');
  for (const pkg of packages) readHooks(tools, pkg);
}

function readModel(tools: Finishing, patches: PatchBook, pkg: Package, file: SourceFile): void {
  const path = belowSearchPath(file.relativePath, file.searchPath);
  const language = codeLanguage(path);
  const facts = language && readCode(file, language);
  // Models import files that are none themselves.
  if (facts?.isModel === false) return;
  const stem = stemOf(path);
  const patch = patches.forModel(stem, pkg.name);
  const version = patch?.version;
  const name = version === undefined ? stem : (patch as Patch).entry.name;
  const last = version === undefined ? [stem] : [name, `v${version}`];
  const node = newNode(
    seedOf(tools, 'model', pkg, file, {
      name,
      path,
      fqn: [pkg.name, ...foldersOf(path), ...last],
      uniqueId: ['model', pkg.name, ...last].join('.'),
    }),
    {},
  );
  if (version !== undefined) {
    node.version = version;
    node.latest_version = (patch as Patch).latestVersion ?? null;
  }
  if (language === undefined || facts === undefined) {
    recordAndFinish(tools, node, file, patch, patches);
    return;
  }
  node.language = language;
  const record = newRecord();
  recordCode(node, facts, file, record);
  recordAndFinish(tools, node, file, patch, patches, 1, record);
  const { materialized } = node.config;
  if (
    materialized === 'ephemeral' ||
    materialized === 'table_function' ||
    materialized === 'materialized_view'
  ) {
    throw codeErrors['bad-code-materialization'](
      { node: node.unique_id, language, materialization: materialized },
      { location: { file: file.path } },
    );
  }
}

function readPlain(
  tools: Finishing,
  patches: PatchBook,
  pkg: Package,
  file: SourceFile,
  type: 'analysis' | 'test' | 'function',
): void {
  const below = belowSearchPath(file.relativePath, file.searchPath);
  const path = type === 'analysis' ? `analysis/${below}` : below;
  const name = stemOf(below);
  const node = newNode(
    seedOf(tools, type, pkg, file, {
      name,
      path,
      fqn: [pkg.name, ...foldersOf(path), name],
      uniqueId: `${type}.${pkg.name}.${name}`,
    }),
    {},
  );
  recordAndFinish(tools, node, file, patches.for(patchKeys[type], name, pkg.name), patches);
}

const patchKeys = { analysis: 'analyses', test: 'data_tests', function: 'functions' } as const;

/** A snapshot file may hold several blocks; its name is part of their fqn. */
function readSnapshots(tools: Finishing, patches: PatchBook, pkg: Package, file: SourceFile): void {
  if (!file.text.includes('{%')) return;
  const path = belowSearchPath(file.relativePath, file.searchPath);
  for (const block of parseTemplate(file.text, { file: file.path }).definitions) {
    if (block.kind !== 'snapshot') continue;
    const node = newNode(
      seedOf(tools, 'snapshot', pkg, file, {
        name: block.name,
        path,
        fqn: [pkg.name, ...foldersOf(path), stemOf(path), block.name],
        uniqueId: `snapshot.${pkg.name}.${block.name}`,
      }),
      {},
    );
    node.raw_code = block.body;
    const line = block.location.line ?? 1;
    recordAndFinish(tools, node, file, patches.for('snapshots', block.name, pkg.name), patches, line);
  }
}

function readSeed(
  tools: Finishing,
  patches: PatchBook,
  pkg: Package,
  file: Package['files']['seeds'][number],
): void {
  const path = belowSearchPath(file.relativePath, file.searchPath);
  const name = stemOf(path);
  const base = newNode(
    seedOf(tools, 'seed', pkg, file, {
      name,
      path,
      fqn: [pkg.name, ...foldersOf(path), name],
      uniqueId: `seed.${pkg.name}.${name}`,
    }),
    {},
  );
  base.raw_code = '';
  base.checksum = { name: file.checksumName, checksum: file.sha256 };
  base.root_path = pkg.root;
  recordAndFinish(tools, base, file, patches.for('seeds', name, pkg.name), patches);
}

/** The project's hooks, and those of its packages. */
function readHooks(tools: Finishing, pkg: Package): void {
  const { config } = pkg;
  const checksum = textChecksum(pkg);
  for (const [when, hooks] of [
    ['on-run-start', config.onRunStart],
    ['on-run-end', config.onRunEnd],
  ] as const) {
    hooks.forEach((sql, index) => {
      const name = `${pkg.name}-${when}-${index}`;
      const node = newNode(
        {
          type: 'operation',
          packageName: pkg.name,
          name,
          uniqueId: `operation.${pkg.name}.${name}`,
          fqn: [pkg.name, 'hooks', name],
          path: `hooks/${name}.sql`,
          originalFilePath: './dbt_project.yml',
          rawCode: sql,
          checksum: { name: 'sha256', checksum: checksum() },
          ...tools.parsing.home,
          createdAt: tools.parsing.createdAt,
        },
        {},
      );
      node.tags.push(when);
      node.index = index;
      const place = config.locate([when, index]);
      finishRecorded(tools, node, { path: config.file }, undefined, place.line ?? 1);
    });
  }
}

/** dbt's checksum of dbt_project.yml: of its text without white space around it. */
function textChecksum(pkg: Package): () => string {
  let checksum: string | undefined;
  return () => {
    checksum ??= createHash('sha256').update(readFileSync(pkg.config.file, 'utf8').trim()).digest('hex');
    return checksum;
  };
}

function recordAndFinish(
  tools: Finishing,
  node: ManifestNode,
  file: SourceFile,
  patch: Patch | undefined,
  patches: PatchBook,
  line = firstLine(file),
  found: Recorded = newRecord(),
): void {
  const record = finishRecorded(tools, node, file, patch, line, found);
  if (patch) patches.apply(node, patch);
  applyRecord(node, record);
}

/** The line at which a file's code begins: blank lines before it are not part of the code. */
function firstLine(file: { readonly text?: string }): number {
  const blank = /^\s*\n/.exec(file.text ?? '')?.[0] ?? '';
  return 1 + blank.split('\n').length - 1;
}

/**
 * Records, finishes and takes in a node. Also what YAML snapshots and hooks go through.
 *
 * @param record what was found already: of a program.
 */
export function finishRecorded(
  tools: Finishing,
  node: ManifestNode,
  file: { readonly path: string },
  patch: Patch | undefined,
  line: number,
  record: Recorded = newRecord(),
): Recorded {
  const { parsing, recorder } = tools;
  const place = (): { file: string; line: number } => ({ file: file.path, line });
  if (node.language === 'sql' && node.resource_type !== 'seed') {
    recorder.record(node, node.raw_code, place(), record, () => {
      node.config = baseConfig(tools, node, patch);
    });
  }
  finishNode(
    tools,
    node,
    { calls: record.calls, patch: patch?.config, location: place, file: file.path },
    record,
  );
  applyRecord(node, record);
  parsing.add(node, place);
  return record;
}

/** The configuration a node is rendered with while parsing: all levels but its own calls. */
function baseConfig(tools: Finishing, node: ManifestNode, patch: Patch | undefined): NodeConfig {
  const { config } = tools.parsing.levels.of({
    type: node.resource_type as ConfiguredType,
    packageName: node.package_name,
    fqn: node.fqn,
    patch: patch?.config,
    node: node.unique_id,
  });
  return config as NodeConfig;
}

function seedOf(
  tools: Finishing,
  type: SqlType,
  pkg: Package,
  file: SourceFile,
  identity: Pick<NodeSeed, 'name' | 'path' | 'fqn' | 'uniqueId'>,
): NodeSeed {
  return {
    type,
    packageName: pkg.name,
    ...identity,
    originalFilePath: file.relativePath,
    rawCode: file.text.trim(),
    checksum: { name: 'sha256', checksum: file.sha256 },
    ...tools.parsing.home,
    createdAt: tools.parsing.createdAt,
  };
}

/** A path's folders. */
export function foldersOf(path: string): string[] {
  return path.split('/').slice(0, -1);
}

function stemOf(path: string): string {
  const name = path.split('/').at(-1) ?? path;
  return name.replace(/\.[^.]*$/, '');
}
