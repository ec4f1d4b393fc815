/** Reading the arguments that templates pass: the kinds of value a function asked for, or an error in Python's words. */
import {
  Dict,
  Float,
  HostObject,
  isInt,
  jinjaErrors,
  PySet,
  SafeText,
  Tuple,
  Undefined,
  type Value,
} from '../../jinja/index.ts';

/** Text, or null when the argument is none or undefined. Numbers and other printable things become text. */
export function optionalText(name: string, value: Value | undefined): string | null {
  if (value === undefined || value === null || value instanceof Undefined) return null;
  if (typeof value === 'string') return value;
  if (value instanceof SafeText) return value.text;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof HostObject) return value.str();
  throw wrong(name, 'text', value);
}

/** Text. @throws jinja.type-error when it is anything else. */
export function requiredText(name: string, value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (value instanceof SafeText) return value.text;
  throw wrong(name, 'text', value);
}

/** A boolean, or null when the argument is none or undefined. @throws jinja.type-error */
export function optionalBoolean(name: string, value: Value | undefined): boolean | null {
  if (value === undefined || value === null || value instanceof Undefined) return null;
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'a boolean', value);
}

/** A whole number, or null when the argument is none or undefined. @throws jinja.type-error */
export function optionalInteger(name: string, value: Value | undefined): number | null {
  if (value === undefined || value === null || value instanceof Undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isInt(value)) return Number(value);
  throw wrong(name, 'a whole number', value);
}

/** A number as JavaScript computes with it. @throws jinja.type-error */
export function requiredNumber(name: string, value: Value | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Float) return value.value;
  throw wrong(name, 'a number', value);
}

/** The items of a list, tuple, set, dict's keys, text's characters or any iterable object. @throws jinja.type-error */
export function itemsOf(name: string, value: Value | undefined): Value[] {
  if (Array.isArray(value)) return [...value];
  if (value instanceof Tuple) return [...value.items];
  if (value instanceof PySet) return [...value.values()];
  if (value instanceof Dict) return [...value.keys()];
  if (typeof value === 'string') return [...value];
  if (value instanceof SafeText) return [...value.text];
  if (value instanceof HostObject && value.iterate) return [...value.iterate()];
  throw wrong(name, 'a list', value);
}

/** Whether `itemsOf` would accept it. */
export function isIterable(value: Value | undefined): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof PySet ||
    value instanceof Dict ||
    typeof value === 'string' ||
    value instanceof SafeText ||
    (value instanceof HostObject && value.iterate !== undefined)
  );
}

/** A dict's entries by text key. @throws jinja.type-error */
export function plainEntries(value: Value | undefined): [string, Value][] {
  if (value instanceof Dict) return [...value.entries()].map(([key, item]) => [String(key), item]);
  if (value instanceof HostObject) {
    const js = value.toJs?.();
    if (js !== null && typeof js === 'object') {
      return Object.entries(js).map(([key, item]) => [key, item as Value]);
    }
  }
  throw wrong('argument', 'a dictionary', value);
}

/** A dict of a few named values. */
export function record(entries: Readonly<Record<string, Value>>): Dict {
  return new Dict(Object.entries(entries));
}

function wrong(name: string, expected: string, value: Value | undefined): Error {
  return jinjaErrors['type-error']({ problem: `${name}: expected ${expected}, not ${typeNameOf(value)}` });
}

/** Python's name of a value's type. */
export function typeNameOf(value: Value | undefined): string {
  if (value === undefined || value === null) return 'NoneType';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return isInt(value) ? 'int' : 'float';
    default:
  }
  if (Array.isArray(value)) return 'list';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Dict) return 'dict';
  if (value instanceof PySet) return 'set';
  if (value instanceof Float) return 'float';
  if (value instanceof SafeText) return 'Markup';
  if (value instanceof Undefined) return 'Undefined';
  return value.typeName;
}

/**
 * What `table` has under `name` itself. Templates name members freely, and must never reach what every
 * JavaScript object inherits.
 */
export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
