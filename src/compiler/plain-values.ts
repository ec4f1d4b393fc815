/** Between plain data (YAML, the manifest) and the values of templates. */
import { Dict, Float, HostObject, PySet, SafeText, Tuple, Undefined, type Value } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import { Relation } from './context/index.ts';
import { writable } from './manifest-text.ts';

/** Plain data as templates see it: mappings become dicts, all the way down. */
export function fromPlain(data: unknown): Value {
  if (data === null || data === undefined) return null;
  if (Array.isArray(data)) return data.map(fromPlain);
  if (isPlainDict(data)) {
    const dict = new Dict();
    for (const [key, value] of Object.entries(data)) dict.set(key, fromPlain(value));
    return dict;
  }
  return data as Value;
}

/**
 * A template's value as plain data for the manifest. Tuples and sets become arrays, relations and other
 * objects their text, and an undefined value none.
 */
export function toPlain(value: Value | undefined): unknown {
  if (value === undefined || value === null || value instanceof Undefined) return null;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Tuple || value instanceof PySet) return [...value].map(toPlain);
  if (value instanceof Dict) {
    const mapping: Record<string, unknown> = {};
    for (const [key, item] of value.entries()) mapping[textOf(key)] = toPlain(item);
    return mapping;
  }
  if (value instanceof SafeText || value instanceof Relation) return textOf(value);
  if (value instanceof Float) return writable(value);
  if (value instanceof HostObject) return value.toJs?.() ?? value.str();
  return value;
}

function textOf(value: Value): string {
  if (value instanceof HostObject) return value.str();
  if (value instanceof SafeText) return value.text;
  return value === null ? 'None' : String(value);
}
