/** The ephemeral models that a node needs, directly and through others, rendered as CTEs. */
import type { Cte } from './ephemeral.ts';
import type { ManifestNode } from './manifest.ts';
import { cteName } from './relation-of.ts';

/** An ephemeral model as a CTE. */
export interface EphemeralCte extends Cte {
  readonly node: ManifestNode;
  readonly id: string;
  /** The ephemeral models that it needs in turn, what is needed first. */
  readonly above: readonly EphemeralCte[];
}

/** A node's SQL, and the ephemeral models it refers to, in the order of its references. */
export interface Rendered {
  readonly sql: string;
  readonly needs: readonly ManifestNode[];
}

/**
 * The CTEs of `needs` and of what they need in turn: each rendered once, what is needed first.
 *
 * @param render gives an ephemeral model's own SQL.
 */
export async function ephemeralParents(
  needs: readonly ManifestNode[],
  render: (node: ManifestNode) => Promise<Rendered>,
): Promise<EphemeralCte[]> {
  const ctes = new Map<string, EphemeralCte>();
  const visit = async (node: ManifestNode): Promise<readonly EphemeralCte[]> => {
    const known = ctes.get(node.unique_id);
    if (known !== undefined) return [...known.above, known];
    const { sql, needs: further } = await render(node);
    const above = new Set<EphemeralCte>();
    for (const parent of further) for (const cte of await visit(parent)) above.add(cte);
    const cte = { node, id: node.unique_id, name: cteName(node), sql, above: [...above] };
    ctes.set(node.unique_id, cte);
    return [...cte.above, cte];
  };
  for (const node of needs) await visit(node);
  return [...ctes.values()];
}
