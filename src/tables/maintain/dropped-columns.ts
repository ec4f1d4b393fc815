/** Files that still hold columns which the table has no more. */
import {
  columnMappingMode,
  type DataType,
  physicalName,
  rowIdColumnProperty,
  rowVersionColumnProperty,
  type Snapshot,
  walkFields,
} from '../../delta/index.ts';
import { quoteLiteral, type Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import { globSafe, locateFile } from '../read/locate-file.ts';

/** Files looked at by one statement. */
const filesMax = 500;

/** Whether a column was ever dropped: then more ids were given than there are fields. Pure. */
export function mayHaveDroppedColumns({ schema, metadata }: Snapshot): boolean {
  if (columnMappingMode(metadata) === 'none') return false;
  const given = Number(metadata.configuration.get('delta.columnMapping.maxColumnId') ?? 0);
  let fields = 0;
  for (const _ of walkFields(schema)) fields += 1;
  return given > fields;
}

/** Those of `files` that hold more than the table's columns. Costs a look at the end of each. */
export async function filesWithDroppedColumns(
  session: Session,
  snapshot: Snapshot,
  storage: Storage,
  files: readonly { readonly key: string; readonly path: string }[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const known = knownColumns(snapshot);
  for (let next = 0; next < files.length; next += filesMax) {
    const some = files.slice(next, next + filesMax);
    const keys = new Map(some.map(({ key, path }) => [locateFile(storage, path), key]));
    const paths = [...keys.keys()].map((path) => quoteLiteral(globSafe(path)));
    const { rows } = await session.query(
      `SELECT file_name, name, num_children FROM parquet_schema([${paths.join(', ')}])`,
    );
    for (const [path, columns] of treesOf(rows as readonly [string, string, unknown][])) {
      const key = keys.get(path);
      if (
        key !== undefined &&
        columns.some((column) => hasMore(column, known.get(column.name), snapshot.metadata))
      ) {
        found.add(key);
      }
    }
  }
  return found;
}

/** A column as a file has it. */
interface FileColumn {
  readonly name: string;
  readonly children: readonly FileColumn[];
}

/** What files hold under a name: a type to look into, or anything. */
type KnownType = DataType | 'anything';

function knownColumns({ schema, metadata }: Snapshot): ReadonlyMap<string, KnownType> {
  const known = new Map<string, KnownType>();
  for (const property of [rowIdColumnProperty, rowVersionColumnProperty]) {
    const name = metadata.configuration.get(property);
    if (name !== undefined) known.set(name, 'anything');
  }
  for (const field of schema.fields) known.set(physicalName(field, metadata), field.type);
  return known;
}

function hasMore(column: FileColumn, type: KnownType | undefined, metadata: Snapshot['metadata']): boolean {
  if (type === undefined) return true;
  if (type === 'anything') return false;
  switch (type.kind) {
    case 'struct':
      return column.children.some((child) => {
        const field = type.fields.find((candidate) => physicalName(candidate, metadata) === child.name);
        return hasMore(child, field?.type, metadata);
      });
    case 'array': {
      const element = column.children[0]?.children[0];
      return element !== undefined && hasMore(element, type.elementType, metadata);
    }
    case 'map': {
      const [key, value] = column.children[0]?.children ?? [];
      return (
        (key !== undefined && hasMore(key, type.keyType, metadata)) ||
        (value !== undefined && hasMore(value, type.valueType, metadata))
      );
    }
    default:
      return false;
  }
}

/** The columns of each file, from rows in which each column comes before its members. */
function* treesOf(
  rows: readonly (readonly [file: string, name: string, members: unknown])[],
): Generator<readonly [file: string, columns: readonly FileColumn[]]> {
  let at = 0;
  const take = (): FileColumn => {
    const [, name, members] = rows[at] as (typeof rows)[number];
    at += 1;
    const children: FileColumn[] = [];
    for (let left = Number(members ?? 0); left > 0; left -= 1) children.push(take());
    return { name, children };
  };
  while (at < rows.length) {
    const file = (rows[at] as (typeof rows)[number])[0];
    yield [file, take().children];
  }
}
