/** What a model's configuration says of its Delta table beside rows and columns: dbt-databricks' keys. Pure. */
import type { ManifestNode } from '../compiler/index.ts';
import type { AlterChange } from '../tables/index.ts';
import { hasContract } from './contract.ts';
import { badConfig, columnNames, isMapping } from './node-config.ts';

/**
 * The table's properties: `tblproperties`, under any of its names, with values as text. `delta.` may be left out of
 * none of them.
 */
export function propertiesOf(node: ManifestNode): Record<string, string> {
  const value =
    node.config['tblproperties'] ?? node.config['table_properties'] ?? node.config['delta_configuration'];
  const given = isMapping(value) ? value : {};
  const vectors = node.config['deletion_vectors'];
  return {
    ...(typeof vectors === 'boolean' ? { 'delta.enableDeletionVectors': String(vectors) } : {}),
    ...Object.fromEntries(Object.entries(given).map(([key, item]) => [key, String(item)])),
  };
}

/**
 * The changes that make the table what the configuration says: clustering (`liquid_clustered_by`), properties, and
 * the contract's constraints that Delta can hold, `not_null` and `check`. Each is made only where it isn't so already.
 *
 * @throws targets.bad-config
 */
export function deltaDefinition(node: ManifestNode): readonly AlterChange[] {
  const changes: AlterChange[] = [];
  const properties = propertiesOf(node);
  if (Object.keys(properties).length > 0) changes.push({ kind: 'set-properties', properties });
  if (node.config['liquid_clustered_by'] !== undefined && node.config['liquid_clustered_by'] !== null) {
    const columns = columnNames(node.config['liquid_clustered_by']).map((name) => [name]);
    changes.push({ kind: 'cluster-by', columns });
  }
  if (hasContract(node)) changes.push(...constraintChanges(node));
  return changes;
}

function constraintChanges(node: ManifestNode): AlterChange[] {
  const changes: AlterChange[] = [];
  for (const { name: column, constraints } of Object.values(node.columns)) {
    for (const constraint of constraints) {
      if (constraint['type'] === 'not_null') changes.push({ kind: 'set-not-null', column: [column] });
      else if (constraint['type'] === 'check') changes.push(checkOf(node, constraint, column));
    }
  }
  for (const constraint of node.constraints ?? []) {
    if (constraint['type'] === 'check') changes.push(checkOf(node, constraint, 'table'));
    if (constraint['type'] !== 'not_null' || !Array.isArray(constraint['columns'])) continue;
    for (const column of constraint['columns'])
      changes.push({ kind: 'set-not-null', column: [String(column)] });
  }
  return changes;
}

/** A constraint without a name gets the same one in every run. */
function checkOf(
  node: ManifestNode,
  constraint: Readonly<Record<string, unknown>>,
  about: string,
): AlterChange {
  const { expression, name } = constraint;
  if (typeof expression !== 'string' || expression === '') {
    throw badConfig(node, 'constraints', `needs an expression for the check of ${about}`);
  }
  const plain = expression.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  return {
    kind: 'add-constraint',
    name: typeof name === 'string' ? name : `chk_${about}_${plain}`.slice(0, 120),
    expression,
  };
}
