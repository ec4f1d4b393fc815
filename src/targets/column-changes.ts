/** What `on_schema_change` makes of a model whose columns are no longer its table's. Pure. */
import type { RelationName, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { printName } from './relation-sql.ts';

/** dbt's four answers. */
export type OnSchemaChange = 'ignore' | 'fail' | 'append_new_columns' | 'sync_all_columns';

/** How the table is changed before rows are written, and which columns are then written. */
export interface ColumnChanges {
  readonly statements: readonly string[];
  readonly columns: readonly WarehouseColumn[];
  /** What the statements do, for tables that take all of it at once. */
  readonly added: readonly WarehouseColumn[];
  readonly removed: readonly WarehouseColumn[];
  readonly retyped: readonly WarehouseColumn[];
}

const unchanged: Omit<ColumnChanges, 'columns'> = { statements: [], added: [], removed: [], retyped: [] };

/** The value as dbt reads it: what it doesn't know is `ignore`. */
export function onSchemaChange(value: unknown): OnSchemaChange {
  return known.find((answer) => answer === value) ?? 'ignore';
}

const known: readonly OnSchemaChange[] = ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'];

/**
 * The changes that `answer` asks for.
 *
 * @throws targets.schema-changed when the answer is `fail` and the columns differ.
 */
export function planColumnChanges(
  relation: RelationName,
  existing: readonly WarehouseColumn[],
  incoming: readonly WarehouseColumn[],
  answer: OnSchemaChange,
): ColumnChanges {
  if (answer === 'ignore') return { ...unchanged, columns: existing };
  const before = new Map(existing.map((column) => [column.name.toLowerCase(), column]));
  const after = new Map(incoming.map((column) => [column.name.toLowerCase(), column]));
  const added = incoming.filter((column) => !before.has(column.name.toLowerCase()));
  const removed = existing.filter((column) => !after.has(column.name.toLowerCase()));
  const retyped = incoming.filter((column) => {
    const old = before.get(column.name.toLowerCase());
    return old !== undefined && old.type !== column.type;
  });
  const name = printName(relation);
  if (answer === 'fail') {
    if (added.length + removed.length + retyped.length === 0) return { ...unchanged, columns: incoming };
    const names = (columns: readonly WarehouseColumn[]): string[] => columns.map((column) => column.name);
    throw targetErrors['schema-changed']({
      relation: name,
      added: names(added),
      removed: names(removed),
      retyped: names(retyped),
    });
  }
  const isSynced = answer === 'sync_all_columns';
  const changes = { added, removed: isSynced ? removed : [], retyped: isSynced ? retyped : [] };
  const column = ({ name: text }: WarehouseColumn): string => quoteIdentifier(text);
  const statements = [
    ...changes.added.map((one) => `alter table ${name} add column ${column(one)} ${one.type}`),
    ...changes.removed.map((one) => `alter table ${name} drop column ${column(one)}`),
    ...changes.retyped.map(
      (one) => `alter table ${name} alter column ${column(one)} set data type ${one.type}`,
    ),
  ];
  return { statements, columns: incoming, ...changes };
}
