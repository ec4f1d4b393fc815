/** A snapshot's columns as the engine's. */
import type { Snapshot } from '../../delta/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';

/** A relation's column: its name and its type as SQL. */
export interface RelationColumn {
  readonly name: string;
  readonly type: string;
}

/** The columns of `snapshot`, in order. Pure. */
export function relationColumns(snapshot: Pick<Snapshot, 'schema'>): RelationColumn[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type: duckdbTypeOf(type, name) }));
}
