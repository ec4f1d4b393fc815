/** Rows made whole inside larger queries. Pure. */

import type { Metadata } from '../../delta/index.ts';
import { completeRows } from '../write/complete-rows.ts';
import type { Staged } from '../write/stage-table.ts';
import type { TableShape } from '../write/table-shape.ts';

/** A whole row as SQL by column, from the SQL that is given for some of them. */
export type Complete = (given: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;

/** Completes changed rows: what they have is given, identity values among it. @throws tables.bad-expression */
export function completesUpdates(table: string, shape: TableShape): Complete {
  return (given) => completed(given, completeRows(table, shape, given, { allowIdentity: true }).items);
}

/** Completes new rows, and remembers which metadata their identity values ask for. */
export class InsertCompletion {
  readonly #table: string;
  readonly #shape: TableShape;
  readonly #after: ((staged: readonly Pick<Staged, 'identityMarks'>[]) => Metadata | undefined)[] = [];

  constructor(table: string, shape: TableShape) {
    this.#table = table;
    this.#shape = shape;
  }

  /** @throws tables.identity-given, tables.identity-exhausted, tables.bad-expression */
  readonly complete: Complete = (given) => {
    const row = completeRows(this.#table, this.#shape, given);
    if (row.identityColumns.length > 0) this.#after.push(row.metadataAfter);
    return completed(given, row.items);
  };

  /** The metadata to commit with the staged files, where identity values were given. */
  metadataAfter(staged: readonly Pick<Staged, 'identityMarks'>[]): Metadata | undefined {
    return this.#after.map((after) => after(staged)).find((metadata) => metadata !== undefined);
  }
}

/** What was given stays as it stands: it is of the column's type already. */
function completed(
  given: ReadonlyMap<string, string>,
  items: readonly { readonly column: string; readonly sql: string }[],
): ReadonlyMap<string, string> {
  return new Map(items.map(({ column, sql }) => [column, given.get(column) ?? sql]));
}
