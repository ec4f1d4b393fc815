/** Foreign keys of contracts: `to: ref('x')` refers to a node, and names its relation in DDL. */
import type { Project } from '../project/index.ts';
import type { ManifestNode, Plain } from './manifest.ts';
import type { RefLookup } from './ref-lookup.ts';
import { relationOf } from './relation-of.ts';
import { refOfCall, type StaticCall, staticCalls } from './static-calls.ts';

/** Adds what a model's foreign keys point to to what it refers to. */
export function recordForeignKeys(node: ManifestNode): void {
  for (const [, call] of foreignKeys(node)) {
    if (call.name === 'source') node.sources.push([...(call.args as string[])]);
    else node.refs.push(refOfCall(call));
  }
}

/** Replaces `to: ref('x')` by the relation it means, as DDL needs it. */
export function resolveForeignKeys(project: Project, node: ManifestNode, lookup: RefLookup): void {
  for (const [constraint, call] of foreignKeys(node)) {
    const [first = '', second = ''] = call.args as string[];
    const found =
      call.name === 'ref'
        ? lookup.ref(refOfCall(call), node.package_name)
        : lookup.source(first, second, node.package_name);
    if (found.kind === 'found') constraint['to'] = relationOf(project, found.node).render();
  }
}

function* foreignKeys(node: ManifestNode): Iterable<[Plain, StaticCall]> {
  const ofColumns = Object.values(node.columns).flatMap((column) => column.constraints);
  for (const constraint of [...(node.constraints ?? []), ...ofColumns]) {
    const { to } = constraint;
    if (constraint['type'] !== 'foreign_key' || typeof to !== 'string') continue;
    const [call] = staticCalls(`{{ ${to} }}`) ?? [];
    if (call && call.name !== 'config') yield [constraint, call];
  }
}
