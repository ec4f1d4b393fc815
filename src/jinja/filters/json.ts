/** JSON as Python's `json.dumps` writes it. */

import { toValue } from '../convert.ts';
import { jinjaErrors } from '../errors.ts';
import { compareForSort } from '../methods/sorting.ts';
import { iterate } from '../python/access.ts';
import { textOf } from '../python/comparing.ts';
import { printFloat, str } from '../python/printing.ts';
import { typeName } from '../python/type-name.ts';
import { Dict } from '../values/dict.ts';
import { Float, isInt } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { Tuple } from '../values/tuple.ts';
import type { Value } from '../values/value.ts';

/** How to write. */
export interface JsonStyle {
  readonly sortKeys: boolean;
  /** Blanks per level; all on one line unless given. */
  readonly indent: number | undefined;
}

/** `value` as JSON, ASCII only, with `, ` and `: ` between parts. @throws jinja.type-error for what JSON can't hold */
export function toJson(value: Value, style: JsonStyle): string {
  return write(value, style, '');
}

function write(value: Value, style: JsonStyle, margin: string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  const text = textOf(value);
  if (text !== undefined) return quoteJson(text);
  if (isInt(value)) return String(value);
  if (typeof value === 'number') return jsonFloat(value);
  if (value instanceof Float) return printFloat(value.value);
  if (Array.isArray(value) || value instanceof Tuple) {
    return bracket(
      '[',
      iterate(value).map((item) => write(item, style, margin + step(style))),
      ']',
      style,
      margin,
    );
  }
  if (value instanceof Dict) {
    const entries = [...value.entries()];
    if (style.sortKeys) entries.sort(([a], [b]) => compareForSort(a, b));
    const members = entries.map(
      ([k, v]) => `${quoteJson(keyText(k))}: ${write(v, style, margin + step(style))}`,
    );
    return bracket('{', members, '}', style, margin);
  }
  if (value instanceof HostObject && value.toJs) return write(toValue(value.toJs()), style, margin);
  throw jinjaErrors['type-error']({ problem: `Object of type ${typeName(value)} is not JSON serializable` });
}

function step(style: JsonStyle): string {
  return ' '.repeat(style.indent ?? 0);
}

function bracket(
  open: string,
  parts: readonly string[],
  close: string,
  style: JsonStyle,
  margin: string,
): string {
  if (parts.length === 0) return open + close;
  if (style.indent === undefined) return open + parts.join(', ') + close;
  const inner = `\n${margin}${step(style)}`;
  return `${open}${inner}${parts.join(`,${inner}`)}\n${margin}${close}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? printFloat(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function keyText(key: Value): string {
  const text = textOf(key);
  if (text !== undefined) return text;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  if (isInt(key) || typeof key === 'number' || key instanceof Float) return str(key);
  throw jinjaErrors['type-error']({
    problem: `keys must be str, int, float, bool or None, not ${typeName(key)}`,
  });
}

function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) =>
    c === '\x7f' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
