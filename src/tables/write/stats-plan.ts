/** Which columns of a table get statistics. Pure. Source: Delta protocol, "Per-file Statistics". */
import type { DataType, StructField } from '../../delta/index.ts';
import { isStored } from './physical-columns.ts';
import { physicalPath, saysTightBounds, type TableShape } from './table-shape.ts';

/** A leaf that gets statistics. */
export interface StatsColumn {
  /** Physical names, as the file and the log have them. */
  readonly path: readonly string[];
  readonly type: DataType;
}

/** What a file's statistics hold. */
export interface StatsPlan {
  readonly columns: readonly StatsColumn[];
  readonly saysTightBounds: boolean;
}

/** Leaf columns that get statistics, unless `delta.dataSkippingNumIndexedCols` says otherwise. */
const indexedColumnsMax = 32;

/**
 * The leaves that `delta.dataSkippingStatsColumns` names, or else the first ones. Parts of lists and maps
 * have no bounds; the list itself counts as one.
 */
export function planStats(shape: TableShape): StatsPlan {
  const { configuration, partitionColumns } = shape.metadata;
  const named = configuration.get('delta.dataSkippingStatsColumns');
  const wanted = named === undefined ? undefined : parseColumnList(named);
  const count = Number(configuration.get('delta.dataSkippingNumIndexedCols') ?? indexedColumnsMax);
  let left = wanted !== undefined || count < 0 || Number.isNaN(count) ? Number.POSITIVE_INFINITY : count;
  const columns: StatsColumn[] = [];
  for (const path of leaves(shape.schema.fields, [])) {
    const [top] = path;
    if (top === undefined || partitionColumns.includes(top.name)) continue;
    if (wanted !== undefined && !isNamed(path, wanted)) continue;
    if (left <= 0) break;
    left -= 1;
    const { type } = path[path.length - 1] as StructField;
    if (type.kind === 'primitive' || type.kind === 'decimal') {
      columns.push({ path: physicalPath(path, shape), type });
    }
  }
  return { columns, saysTightBounds: saysTightBounds(shape) };
}

/** A name leads to all that is inside it. */
function isNamed(path: readonly StructField[], wanted: readonly (readonly string[])[]): boolean {
  return wanted.some((names) => names.every((name, i) => path[i]?.name.toLowerCase() === name.toLowerCase()));
}

/** `a, b.c, `d.e`` as names: commas part columns, dots part members, and backquotes hold either. Pure. */
export function parseColumnList(text: string): string[][] {
  const columns: string[][] = [[]];
  let name = '';
  const close = (): void => {
    if (name.trim() !== '') columns[columns.length - 1]?.push(name.trim());
    name = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] as string;
    if (character === '`') {
      for (at += 1; at < text.length; at += 1) {
        if (text[at] === '`' && text[at + 1] !== '`') break;
        if (text[at] === '`') at += 1;
        name += text[at];
      }
    } else if (character === ',') {
      close();
      columns.push([]);
    } else if (character === '.') close();
    else name += character;
  }
  close();
  return columns.filter((names) => names.length > 0);
}

function* leaves(
  fields: readonly StructField[],
  above: readonly StructField[],
): Generator<readonly StructField[]> {
  for (const field of fields) {
    if (!isStored(field)) continue;
    if (field.type.kind === 'struct') yield* leaves(field.type.fields, [...above, field]);
    else yield [...above, field];
  }
}
