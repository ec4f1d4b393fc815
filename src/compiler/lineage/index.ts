/**
 * Column-level lineage: of which columns of its parents each column of a model is computed.
 *
 * Read from DuckDB's own syntax tree of the compiled SQL; nothing is run. A column counts where its value can
 * get into the result: by itself, or in an expression (conditions of CASE and the partitions of a window as well).
 * Columns that only decide which rows there are (WHERE, ON, HAVING) don't.
 */
import { Queries } from './query.ts';
import { type Columns, columnOf, none, originKey, renamed } from './scope.ts';
import { textOf, treeOf, treesOf } from './sql-tree.ts';

/** Something that a model reads. */
export interface LineageParent {
  readonly uniqueId: string;
  /** Its name as SQL may write it: database, schema, name; or the place of a file, alone. */
  readonly path: readonly string[];
  /** Its columns, in order; undefined where nobody knows them. */
  readonly columns: readonly string[] | undefined;
}

/** A column of a parent. */
export interface ColumnOrigin {
  readonly unique_id: string;
  readonly column: string;
}

/** A model's column and what it is computed of, in no particular order of meaning: sorted. */
export interface ColumnLineage {
  readonly name: string;
  readonly from: readonly ColumnOrigin[];
}

/**
 * The lineage of the columns of a query.
 *
 * @param serialized what `json_serialize_sql` gives for the statement, parsed.
 * @param names the columns that the relation really has, in order, where that is known.
 * @returns undefined when the statement isn't one query that DuckDB could serialize.
 */
export function columnLineage(
  serialized: unknown,
  parents: readonly LineageParent[],
  names?: readonly string[],
): readonly ColumnLineage[] | undefined {
  const tree = treeOf(serialized);
  const [statement, ...more] = treesOf(tree?.['statements']);
  const query = treeOf(statement?.['node']);
  if (tree?.['error'] === true || query === undefined || more.length > 0) return undefined;
  const columns = new Queries((path) => tableOf(path, parents)).columns(query, undefined);
  return named(columns, names).known.map(({ name, origins }) => ({
    name,
    from: [...origins].sort().map((key) => {
      const [uniqueId = '', column = ''] = key.split('\0');
      return { unique_id: uniqueId, column };
    }),
  }));
}

/** Why DuckDB couldn't serialize a statement; empty when it could. */
export function serializeProblem(serialized: unknown): string {
  const tree = treeOf(serialized);
  return tree?.['error'] === true ? textOf(tree['error_message']) : '';
}

/** The columns under the names that the relation has: by place where their number is right, else by name. */
function named(columns: Columns, names: readonly string[] | undefined): Columns {
  if (names === undefined || names.length === 0) return columns;
  if (columns.known.length === names.length && columns.others === undefined) return renamed(columns, names);
  return {
    known: names.map((name) => ({
      name,
      origins: columnOf(columns, name)?.origins ?? columns.others?.(name) ?? none,
    })),
  };
}

function tableOf(path: readonly string[], parents: readonly LineageParent[]): Columns | undefined {
  const wanted = path.map((part) => part.toLowerCase());
  const parent = parents.find((one) => {
    const end = one.path.slice(-wanted.length).map((part) => part.toLowerCase());
    return end.length === wanted.length && end.every((part, i) => part === wanted[i]);
  });
  if (parent === undefined) return undefined;
  const { uniqueId } = parent;
  const origins = (name: string): ReadonlySet<string> => new Set([originKey(uniqueId, name)]);
  const known = (parent.columns ?? []).map((name) => ({ name, origins: origins(name) }));
  return parent.columns === undefined ? { known, others: origins } : { known };
}
