import { Dict } from '../values/dict.ts';
import { isInt } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** Python's `type(value).__name__`. */
export function typeName(value: Value): string {
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
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Dict) return 'dict';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof PySet) return 'set';
  if (value instanceof SafeText) return 'Markup';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof HostObject) return value.typeName;
  return 'float';
}
