/** When two values are the same dict key or set member, by Python's rules. */
import { jinjaErrors } from '../errors.ts';
import { Dict } from './dict.ts';
import { Float } from './float.ts';
import { HostObject } from './host-object.ts';
import { PySet } from './py-set.ts';
import { SafeText } from './safe-text.ts';
import { Tuple } from './tuple.ts';
import type { Value } from './value.ts';

/**
 * A key for a JavaScript Map that is equal for values that Python finds equal: 1, 1.0 and True share one.
 *
 * @throws jinja.type-error for a list, dict or set, which can change.
 */
export function hashKey(value: Value): unknown {
  switch (typeof value) {
    case 'string':
      return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    default:
  }
  if (value === null) return null;
  if (value instanceof Float) return value.value === 0 ? 0 : value.value;
  if (value instanceof SafeText) return hashKey(value.text);
  if (value instanceof Tuple) return `\0t${value.items.map(hashPart).join('\0,')}`;
  if (value instanceof HostObject) return value.hashKey?.() ?? value;
  if (Array.isArray(value)) throw unhashable('list');
  if (value instanceof Dict) throw unhashable('dict');
  if (value instanceof PySet) throw unhashable('set');
  return value;
}

function unhashable(typeName: string): Error {
  return jinjaErrors['type-error']({ problem: `unhashable type: '${typeName}'` });
}

/** A key's text for use inside a tuple's key: the kind and the length keep parts from running together. */
function hashPart(value: Value): string {
  const key = hashKey(value);
  if (key === null) return 'n';
  if (typeof key === 'object' || typeof key === 'function') return `o${identityOf(key)}`;
  const text = String(key);
  return `${typeof key === 'string' ? 's' : 'i'}${text.length}:${text}`;
}

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that stays with `object` for its life: Python's `id`. */
export function identityOf(object: object): number {
  const known = identities.get(object);
  if (known !== undefined) return known;
  lastIdentity += 1;
  identities.set(object, lastIdentity);
  return lastIdentity;
}
