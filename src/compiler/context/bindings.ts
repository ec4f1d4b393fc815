/** The values that `adapter.add_query(…, bindings=…)` puts where a statement has `?`. */
import { Float, isInt, str, Tuple, type Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { Decimal } from './decimal.ts';

/**
 * `sql` with each `?` outside of texts, names and comments replaced by the next of `bindings`, as a literal. Pure.
 *
 * @throws compiler.render-failed when there are fewer or more of one than of the other.
 */
export function withBindings(sql: string, bindings: Value): string {
  const values = bindings instanceof Tuple ? [...bindings] : Array.isArray(bindings) ? bindings : undefined;
  if (values === undefined) return sql;
  let used = 0;
  const text = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g, (part) => {
    if (part !== '?') return part;
    used += 1;
    return literalOf(values[used - 1] ?? null);
  });
  if (used === values.length) return text;
  throw compilerErrors['render-failed']({
    what: 'add_query',
    problem: `the statement has ${used} places for values, and ${values.length} are given`,
  });
}

function literalOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (isInt(value)) return String(value);
  if (value instanceof Float || typeof value === 'number') return `${quoted(str(value))}::double`;
  if (value instanceof Decimal)
    return value.special === undefined ? quoted(str(value)) : `${quoted(str(value))}::double`;
  return quoted(str(value));
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
