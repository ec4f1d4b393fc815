/** Values as SQL text: how parameters of `sql` become part of a query that can be kept, as a view's has to be. */

import type { SqlValue } from '../../duckdb/index.ts';
import { formatSqlValue, quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { type Cell, fromCell } from './cells.ts';

/** `cell` as an expression of SQL with its type. Nothing in a value ends the literal it stands in. */
export function sqlLiteral(cell: Cell): string {
  if (cell === null) return 'null';
  switch (typeof cell) {
    case 'boolean':
    case 'bigint':
      return String(cell);
    case 'number':
      if (Number.isNaN(cell)) return "'nan'::double";
      if (!Number.isFinite(cell)) return cell > 0 ? "'infinity'::double" : "'-infinity'::double";
      return Number.isInteger(cell) ? String(cell) : `${cell}::double`;
    case 'string':
      return quoteLiteral(cell);
    default:
      break;
  }
  if (cell instanceof Uint8Array) {
    const hex = [...cell].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
    return `'${hex}'::blob`;
  }
  if (cell instanceof Date) return typed(fromCell(cell), 'timestamp');
  if (Array.isArray(cell)) return `[${(cell as readonly Cell[]).map(sqlLiteral).join(', ')}]`;
  const tagged = cell as Exclude<
    Cell,
    readonly Cell[] | Date | Uint8Array | string | number | bigint | boolean | null
  >;
  switch (tagged.is) {
    case 'struct': {
      const parts = tagged.names.map(
        (name, i) => `${quoteLiteral(name)}: ${sqlLiteral(tagged.values[i] ?? null)}`,
      );
      return `{${parts.join(', ')}}`;
    }
    case 'map': {
      const parts = tagged.entries.map(([key, value]) => `${sqlLiteral(key)}: ${sqlLiteral(value)}`);
      return `map {${parts.join(', ')}}`;
    }
    case 'union':
      return `union_value(${quoteIdentifier(tagged.tag)} := ${sqlLiteral(tagged.value)})`;
    case 'decimal':
      return typed(fromCell(tagged), `decimal(${tagged.width}, ${tagged.scale})`);
    case 'date':
      return typed(fromCell(tagged), 'date');
    case 'time':
      return typed(fromCell(tagged), tagged.offsetSeconds === undefined ? 'time' : 'timetz');
    case 'timestamp':
      return typed(
        fromCell(tagged),
        tagged.isInstant ? 'timestamptz' : tagged.unit === 'ns' ? 'timestamp_ns' : 'timestamp',
      );
    case 'interval':
      return typed(fromCell(tagged), 'interval');
    case 'bits':
      return `'${tagged.bits}'::bit`;
  }
}

function typed(value: SqlValue, type: string): string {
  return `${quoteLiteral(formatSqlValue(value))}::${type}`;
}
