/** The ephemeral models that a node needs, directly and through others, rendered as CTEs. */
import type { Cte } from './ephemeral.ts';
import type { ManifestNode } from './manifest.ts';
import { cteName } from './relation-of.ts';

/** An ephemeral model as a CTE. */
export interface EphemeralCte extends Cte {
  readonly id: string;
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
  const visit = async (node: ManifestNode): Promise<void> => {
    if (ctes.has(node.unique_id)) return;
    const { sql, needs: further } = await render(node);
    for (const parent of further) await visit(parent);
    ctes.set(node.unique_id, { id: node.unique_id, name: cteName(node), sql });
  };
  for (const node of needs) await visit(node);
  return [...ctes.values()];
}
