/**
 * `--defer`: references to what isn't built here lead to the relations of another environment.
 *
 * As in dbt, a reference is deferred when its relation isn't there, or with `--favor-state` when its node isn't
 * selected. What the command itself builds is never deferred.
 */
import { resolve } from 'node:path';
import type { DeferRelation, Manifest, ManifestNode } from '../compiler/index.ts';
import type { AttachProfile, Project } from '../project/index.ts';
import { readOtherTargets } from '../project/index.ts';
import type { Target } from '../targets/index.ts';
import type { ProjectOptions } from './options.ts';
import type { ProjectSession } from './project-session.ts';

/** What deferring needs of a session. */
export interface Deferral {
  /** The manifest of the environment to defer to. */
  readonly manifest: Manifest;
  readonly favorState: boolean;
  /** Whether the command builds what it selects. */
  readonly builds: boolean;
  /** Whether counterparts are noted in the manifest: not by `clone`, as in dbt. */
  readonly notes: boolean;
}

/**
 * Decides, once the target is ready, which nodes other relations stand for, and notes every node's counterpart
 * in the manifest (`defer_relation`), as dbt does.
 */
export async function applyDeferral(
  session: Pick<ProjectSession, 'compilation'>,
  deferral: Deferral,
  target: Target,
  selected: readonly string[],
): Promise<void> {
  const { compilation } = session;
  const { nodes } = compilation.manifest;
  const counterparts = new Map<string, DeferRelation>();
  for (const [id, other] of Object.entries(deferral.manifest.nodes)) {
    const node = nodes[id];
    if (node === undefined || !isRefable(other) || other.config.materialized === 'ephemeral') continue;
    const { database, schema, alias, relation_name } = other;
    counterparts.set(id, { database, schema, alias, relation_name });
    if (deferral.notes) node.defer_relation = deferRelation(other);
  }
  if (counterparts.size > 0) compilation.touch();
  const chosen = new Set(selected);
  const standing = await standingRelations(
    target,
    [...counterparts.keys()].flatMap((id) => nodes[id] ?? []),
  );
  const deferred = new Map<string, DeferRelation>();
  for (const [id, relation] of counterparts) {
    const isSelected = chosen.has(id);
    if (isSelected && deferral.builds) continue;
    if ((deferral.favorState && !isSelected) || !standing.has(id)) deferred.set(id, relation);
  }
  compilation.invocation.deferred = deferred;
  compilation.invocation.counterparts = counterparts;
}

/** The project with the databases attached that deferred relations are in, where another target of its profile has them. */
export function withDeferredDatabases(
  project: Project,
  manifest: Manifest,
  options: ProjectOptions,
): Project {
  const { profile } = project;
  const wanted = new Set(
    Object.values(manifest.nodes)
      .filter((node) => isRefable(node) && node.relation_name !== null)
      .map(({ database }) => database.toLowerCase()),
  );
  const known = databaseNames(profile);
  if ([...wanted].every((name) => known.has(name))) return project;
  const found = otherDatabases(project, options).filter(({ alias }) => wanted.has(alias.toLowerCase()));
  if (found.length === 0) return project;
  return { ...project, profile: { ...profile, attach: [...profile.attach, ...found] } };
}

/**
 * The DuckDB files of the profile's other targets, to be attached read-only, each under the name that views which
 * were built with `--defer` know it by. Without those whose name is taken in this target.
 */
export function otherDatabases(project: Project, options: ProjectOptions): readonly AttachProfile[] {
  const { profile } = project;
  const known = databaseNames(profile);
  const found: AttachProfile[] = [];
  const others = readOtherTargets(
    {
      projectDir: project.root,
      profilesDir: options.profilesDir,
      profile: options.profile,
      vars: project.vars,
      env: options.env ?? process.env,
    },
    profile.targetName,
  );
  for (const { database, path, type } of others) {
    const name = database.toLowerCase();
    if (known.has(name) || type !== 'duckdb' || path === ':memory:') continue;
    known.add(name);
    found.push({
      path: resolve(project.root, path),
      alias: database,
      readOnly: true,
      isDucklake: false,
      options: {},
    });
  }
  return found;
}

/** The names, in lower case, that databases have in this target. */
function databaseNames(profile: Project['profile']): Set<string> {
  return new Set(
    [profile.ownDatabase, ...profile.attach.map(({ alias }) => alias)].map((name) => name.toLowerCase()),
  );
}

/** The nodes whose relations are there: one question for each schema. */
async function standingRelations(
  target: Target,
  nodes: readonly ManifestNode[],
): Promise<ReadonlySet<string>> {
  const bySchema = new Map<string, ManifestNode[]>();
  for (const node of nodes) {
    const key = `${node.database}\0${node.schema}`.toLowerCase();
    bySchema.set(key, [...(bySchema.get(key) ?? []), node]);
  }
  const found = new Set<string>();
  const connection = await target.session('defer');
  try {
    for (const [first, ...rest] of bySchema.values()) {
      if (first === undefined) continue;
      const relations = await connection.relations(first.database, first.schema);
      const names = new Set(relations.map(({ identifier }) => identifier.toLowerCase()));
      for (const node of [first, ...rest]) if (names.has(node.alias.toLowerCase())) found.add(node.unique_id);
    }
  } finally {
    await connection.release();
  }
  return found;
}

function isRefable(node: ManifestNode): boolean {
  return ['model', 'seed', 'snapshot'].includes(node.resource_type);
}

/** dbt's `defer_relation` of a node, from its counterpart. */
function deferRelation(other: ManifestNode): Record<string, unknown> {
  const { database, schema, alias, relation_name, resource_type, name, description, meta, tags, config } =
    other;
  const compiled_code = resource_type === 'seed' ? null : (other.compiled_code ?? null);
  return {
    database,
    schema,
    alias,
    relation_name,
    resource_type,
    name,
    description,
    compiled_code,
    meta,
    tags,
    config,
  };
}
