/** Which of the wanted changes of a Delta table are still to be made. Pure. */
import { type AlterChange, clusteringColumns, type TableHandle } from '../tables/index.ts';

type Snapshot = TableHandle['snapshot'];

/** `wanted`, without what `snapshot` has already; a constraint that says something else is replaced. */
export function changesNeeded(snapshot: Snapshot, wanted: readonly AlterChange[]): readonly AlterChange[] {
  return wanted.flatMap((change) => neededOf(snapshot, change));
}

function neededOf(snapshot: Snapshot, change: AlterChange): readonly AlterChange[] {
  const { configuration } = snapshot.metadata;
  switch (change.kind) {
    case 'set-properties': {
      const missing = Object.entries(change.properties).filter(
        ([key, value]) => configuration.get(key) !== value,
      );
      return missing.length === 0
        ? []
        : [{ kind: 'set-properties', properties: Object.fromEntries(missing) }];
    }
    case 'cluster-by':
      return JSON.stringify(clusteringColumns(snapshot) ?? []) === JSON.stringify(change.columns)
        ? []
        : [change];
    case 'set-not-null': {
      const name = String(Array.isArray(change.column) ? change.column[0] : change.column);
      const field = snapshot.schema.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return field?.nullable === false ? [] : [change];
    }
    case 'add-constraint': {
      const [, known] =
        [...configuration].find(
          ([key]) => key.toLowerCase() === `delta.constraints.${change.name}`.toLowerCase(),
        ) ?? [];
      if (known === change.expression) return [];
      return known === undefined ? [change] : [{ kind: 'drop-constraint', name: change.name }, change];
    }
    default:
      return [change];
  }
}
