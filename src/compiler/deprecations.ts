/**
 * What a project says in a way that dbt means to give up: accepted, and told of once for each kind.
 *
 * The codes stand for dbt's event names, by which `--warn-error-options` may single them out.
 */
import type { SourceLocation } from '../base/index.ts';
import type { ManifestNode } from './manifest.ts';
import type { Parsing } from './parsing.ts';

/** The kinds of deprecation that are told of once in a parse, however often they occur. */
export type DeprecatedKind = 'property-moved-to-config' | 'missing-arguments' | 'exposure-name';

/** Tells of the first use of that kind. */
export function tellDeprecated(
  parsing: Parsing,
  kind: DeprecatedKind,
  message: string,
  location: SourceLocation | undefined,
): void {
  const hint = hints[kind];
  parsing.warnOnce({ code: `compiler.${kind}`, message, hint, location });
}

const hints: Readonly<Record<DeprecatedKind, string>> = {
  'property-moved-to-config': "Put it under 'config'. Other places like it aren't listed.",
  'missing-arguments': "Put them under 'arguments'. Other tests like it aren't listed.",
  'exposure-name': "Use letters, digits and underscores, and give the name people see as 'label'.",
};

/**
 * Tells of models whose `deprecation_date` has come, of models that refer to them, and of those that refer to models
 * whose date is still to come. Needs the manifest's maps.
 */
export function tellDeprecatedModels(parsing: Parsing): void {
  const { manifest, invocation } = parsing;
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type !== 'model' || !node.deprecation_date) continue;
    const isPast = new Date(node.deprecation_date) < invocation.startedAt;
    const name = node.version == null ? node.name : `${node.name}.v${node.version}`;
    const date = node.deprecation_date.slice(0, 10);
    if (isPast) {
      const message = `The model ${name} is deprecated since ${date}`;
      parsing.warn({ code: 'compiler.deprecated-model', message, location: parsing.locate(node.unique_id) });
    }
    for (const child of childrenOf(parsing, node)) {
      const message = `The model ${child.name} refers to ${name}, ${isPast ? 'deprecated since' : 'to be deprecated on'} ${date}`;
      const code = isPast ? 'compiler.deprecated-reference' : 'compiler.upcoming-deprecation';
      const hint = 'Refer to another version of it, or to the model that takes its place.';
      parsing.warn({ code, message, hint, location: parsing.locate(child.unique_id) });
    }
  }
}

function childrenOf({ manifest }: Parsing, node: ManifestNode): readonly ManifestNode[] {
  const children = (manifest.child_map[node.unique_id] ?? []).map((id) => manifest.nodes[id]);
  return children.filter((child) => child?.resource_type === 'model') as readonly ManifestNode[];
}
