/** How `ref`, `source` and `config` answer while a node runs. */
import { didYouMean } from '../base/index.ts';
import type { Value } from '../jinja/index.ts';
import type { Project } from '../project/index.ts';
import type { RenderExtras } from './compilation.ts';
import type { ConfigAccess, NameResolver, Relation } from './context/index.ts';
import { compilerErrors } from './errors.ts';
import { findFunction } from './functions.ts';
import type { DeferRelation } from './invocation.ts';
import type { Manifest, ManifestNode, ManifestSource } from './manifest.ts';
import { fromPlain } from './plain-values.ts';
import type { RefLookup } from './ref-lookup.ts';
import { deferredRelation, isEphemeral, relationOf } from './relation-of.ts';
import { semanticErrors } from './semantic/errors.ts';
import { SemanticLookup } from './semantic/measure-lookup.ts';
import { MetricValue } from './semantic/metric-value.ts';
import { inWindow, type TimeWindow } from './time-window.ts';

/** What answering names needs. */
export interface RunNames {
  readonly project: Project;
  readonly manifest: Manifest;
  readonly lookup: RefLookup;
  /** `--empty`: relations print without their rows. */
  readonly empty: boolean;
  /** `--sample`: the stretch of time that models and snapshots read. */
  readonly sample: TimeWindow | undefined;
  /** Relations of another environment that stand for nodes. */
  readonly deferred: ReadonlyMap<string, DeferRelation> | undefined;
  /** Told of each ephemeral model that is referred to. */
  readonly onEphemeral: (node: ManifestNode) => void;
  readonly extras: RenderExtras | undefined;
}

/**
 * The answers for `node`, which may only `ref` what parsing found; or for an operation, which may
 * refer to anything.
 */
export function runNames(
  names: RunNames,
  node: ManifestNode | undefined,
  packageName: string,
): Pick<NameResolver, 'ref' | 'source' | 'doc' | 'metric' | 'function'> {
  const relation = (target: ManifestNode | ManifestSource): Relation => {
    const deferred = names.deferred?.get(target.unique_id);
    const plain = deferred ? deferredRelation(names.project, deferred) : relationOf(names.project, target);
    if (node === undefined) return plain;
    const filter = timeFilter(names, node, target);
    const limit = names.empty ? 0 : undefined;
    if (filter === undefined && limit === undefined) return plain;
    return plain.with({
      ...(limit === undefined ? {} : { limit }),
      ...(filter === undefined ? {} : { filter }),
    });
  };
  const checked = (target: ManifestNode, name: string): void => {
    if (!node || node.resource_type === 'operation' || node.resource_type === 'sql_operation') return;
    if (node.depends_on.nodes?.includes(target.unique_id) || target === node) return;
    throw compilerErrors['undeclared-dependency']({ node: node.unique_id, target: name });
  };
  return {
    ref: ({ name, packageName: inPackage, version }): Value => {
      const ref = { name, package: inPackage ?? null, version: version ?? null };
      const found = names.lookup.ref(ref, packageName);
      if (found.kind !== 'found') {
        const near = names.lookup.nearestRef(name);
        throw compilerErrors['ref-not-found'](
          { node: node?.unique_id ?? packageName, ...ref, disabled: found.kind === 'disabled' },
          near === undefined ? {} : { hint: `Did you mean '${near}'?` },
        );
      }
      checked(found.node, name);
      if (isEphemeral(found.node)) names.onEphemeral(found.node);
      return relation(found.node);
    },
    source: (sourceName, tableName): Value => {
      const found = names.lookup.source(sourceName, tableName, packageName);
      if (found.kind !== 'found') {
        throw compilerErrors['source-not-found'](
          {
            node: node?.unique_id ?? packageName,
            source: sourceName,
            table: tableName,
            disabled: found.kind === 'disabled',
          },
          { hint: didYouMean(`${sourceName}.${tableName}`, sourceNames(names.manifest)) },
        );
      }
      // Nothing has to be built before a source, so macros may find out while they run which one they read.
      return relation(found.node);
    },
    metric: (name, inPackage) => {
      const found = new SemanticLookup(names.manifest, names.project.name).metric(
        name,
        inPackage ?? null,
        packageName,
      );
      if (found.kind === 'found') return new MetricValue(name, found.node);
      throw semanticErrors['metric-not-found']({
        node: node?.unique_id ?? packageName,
        name,
        disabled: found.kind === 'disabled',
      });
    },
    function: (name, inPackage) => {
      const found = findFunction(names.manifest, names.project.name, name, inPackage, packageName);
      if (found.kind === 'found') return relationOf(names.project, found.node);
      throw compilerErrors['function-not-found']({
        node: node?.unique_id ?? packageName,
        name,
        disabled: found.kind === 'disabled',
      });
    },
    doc: (name, inPackage) => {
      const candidates = inPackage === undefined ? [packageName, names.project.name] : [inPackage];
      for (const candidate of candidates) {
        const doc = names.manifest.docs[`doc.${candidate}.${name}`];
        if (doc) return doc.block_contents;
      }
      throw compilerErrors['doc-not-found']({ name, package: inPackage ?? null });
    },
  };
}

/** What a node reads of a relation with an `event_time`: its batch's stretch, or the sample's. */
function timeFilter(
  { extras, sample }: RunNames,
  node: ManifestNode,
  target: ManifestNode | ManifestSource,
): string | undefined {
  const field = target.config['event_time'];
  if (typeof field !== 'string' || field === '') return undefined;
  if (node.resource_type !== 'model' && node.resource_type !== 'snapshot') return undefined;
  const column = Object.values(target.columns).find(({ name }) => name === field);
  const isQuoted = column?.quote ?? ('quoting' in target ? target.quoting['column'] : null) ?? false;
  const name = isQuoted === true ? `"${field}"` : field;
  if (extras?.eventTimeFilter !== undefined) return extras.eventTimeFilter(name);
  return sample && inWindow(name, sample);
}

/** A node's configuration as a running template asks for it. */
export function runConfig(node: ManifestNode): ConfigAccess {
  const { config } = node;
  const persist = config.persist_docs ?? {};
  return {
    get: (name) => {
      if (name === 'pre_hook' || name === 'post_hook') return fromPlain(config[name.replace('_', '-')]);
      return Object.hasOwn(config, name) ? fromPlain(config[name]) : undefined;
    },
    meta: () => config.meta ?? {},
    persistDocs: { relation: persist['relation'] === true, columns: persist['columns'] === true },
  };
}

function sourceNames(manifest: Manifest): string[] {
  return Object.values(manifest.sources).map((source) => `${source.source_name}.${source.name}`);
}
