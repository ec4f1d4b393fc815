/** Relations as SQL spells them. Pure. */
import type { RelationKind, RelationName } from '../compiler/index.ts';
import { quotePath } from '../duckdb/index.ts';

/** A name as SQL, without the parts that are empty. */
export function printName(name: RelationName): string {
  return quotePath([name.database, name.schema, name.identifier].filter((part) => part !== ''));
}

/** The word for a relation in CREATE, DROP and ALTER. */
export function sqlKind(kind: RelationKind): 'table' | 'view' | 'macro table' {
  if (kind === 'function') return 'macro table';
  return kind === 'table' ? 'table' : 'view';
}
