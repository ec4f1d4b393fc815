/** Between JavaScript's plain data and a template's values. */
import { str } from './python/printing.ts';
import { Dict } from './values/dict.ts';
import { Float, toInt } from './values/float.ts';
import { HostObject } from './values/host-object.ts';
import { PySet } from './values/py-set.ts';
import { SafeText } from './values/safe-text.ts';
import { Tuple } from './values/tuple.ts';
import { Undefined } from './values/undefined.ts';
import type { Value } from './values/value.ts';

/**
 * Plain data as a value, deep: arrays become lists, objects and Maps dicts, Sets sets, `undefined` None.
 * What is a value already stays itself. Whole numbers become ints: JavaScript can't tell 1.0 from 1.
 */
export function toValue(data: unknown): Value {
  switch (typeof data) {
    case 'string':
    case 'boolean':
    case 'number':
      return data;
    case 'bigint':
      return toInt(data);
    case 'object':
      break;
    default:
      return data === undefined ? null : String(data);
  }
  if (data === null || isValue(data)) return data;
  if (Array.isArray(data)) return data.map(toValue);
  if (data instanceof Map) return new Dict([...data].map(([k, v]) => [toValue(k), toValue(v)] as const));
  if (data instanceof Set) return new PySet([...data].map(toValue));
  if (data instanceof Date) return data.toISOString();
  return new Dict(Object.entries(data).map(([k, v]) => [k, toValue(v)] as const));
}

function isValue(data: object): data is Exclude<Value, null | boolean | number | bigint | string | Value[]> {
  return (
    data instanceof HostObject ||
    data instanceof Dict ||
    data instanceof Tuple ||
    data instanceof PySet ||
    data instanceof Float ||
    data instanceof SafeText ||
    data instanceof Undefined
  );
}

/**
 * A value as plain data, deep: dicts become objects (keys as Python prints them), tuples and sets
 * arrays, floats numbers, undefined values `undefined`; ints beyond 2^53 stay bigints.
 */
export function toJs(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(toJs);
  if (value instanceof Tuple) return value.items.map(toJs);
  if (value instanceof PySet) return [...value].map(toJs);
  if (value instanceof Float) return value.value;
  if (value instanceof SafeText) return value.text;
  if (value instanceof Undefined) return undefined;
  if (value instanceof Dict)
    return Object.fromEntries(Array.from(value.entries(), ([k, v]) => [str(k), toJs(v)]));
  return value.toJs ? nested(value.toJs()) : value.str();
}

function nested(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(nested);
  return typeof data === 'object' && data !== null && isValue(data) ? toJs(data) : data;
}
