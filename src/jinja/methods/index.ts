/** Which methods and attributes a built-in value has. */
import { Dict } from '../values/dict.ts';
import { Float, isInt } from '../values/float.ts';
import { Group } from '../values/group.ts';
import type { CallInfo } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import type { Kwargs, Value } from '../values/value.ts';
import { dictMethods } from './dict-methods.ts';
import { listMethods, tupleMethods } from './list-methods.ts';
import { BoundMethod, type Method } from './method.ts';
import { floatMethods, intMethods } from './number-methods.ts';
import { setMethods } from './set-methods.ts';
import { strMethods } from './str-methods.ts';

/** The method or attribute `name` of a built-in value, or undefined. */
export function methodOf(target: Value, name: string): Value | undefined {
  const found = find(target, name);
  return found ? new BoundMethod(name, target, found) : attributeOf(target, name);
}

/** Calls the method `name` of a built-in value at once; undefined when it has none. */
export function callMethodOf(
  target: Value,
  name: string,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
): Value | Promise<Value> | undefined {
  return find(target, name)?.(target, args, kwargs, call);
}

function find(target: Value, name: string): Method<Value> | undefined {
  if (typeof target === 'string') return strMethods.get(name) as Method<Value> | undefined;
  if (Array.isArray(target)) return listMethods.get(name) as Method<Value> | undefined;
  if (target instanceof Dict) return dictMethods.get(name) as Method<Value> | undefined;
  if (target instanceof Tuple) return tupleMethods.get(name) as Method<Value> | undefined;
  if (target instanceof PySet) return setMethods.get(name) as Method<Value> | undefined;
  if (target instanceof SafeText) return safeTextMethod(name);
  if (typeof target === 'boolean' || isInt(target)) {
    const method = intMethods.get(name);
    return method && ((self, args, kwargs, call) => method(Number(self), args, kwargs, call));
  }
  const float = typeof target === 'number' ? target : target instanceof Float ? target.value : undefined;
  const method = float === undefined ? undefined : floatMethods.get(name);
  return method && float !== undefined
    ? (_self, args, kwargs, call) => method(float, args, kwargs, call)
    : undefined;
}

/** A str method on safe text: texts among the arguments are escaped, a text that results is safe again. */
function safeTextMethod(name: string): Method<Value> | undefined {
  const method = strMethods.get(name);
  if (!method) return undefined;
  const escaped = (arg: Value): Value =>
    typeof arg === 'string' ? escapeHtml(arg) : arg instanceof SafeText ? arg.text : arg;
  const safe = (result: Value): Value => {
    if (typeof result === 'string') return new SafeText(result);
    return Array.isArray(result) ? result.map(safe) : result;
  };
  return (self, args, kwargs, call) => {
    const text = self instanceof SafeText ? self.text : '';
    const joined =
      name === 'join' ? args.map((arg) => (Array.isArray(arg) ? arg.map(escaped) : arg)) : args.map(escaped);
    const result = method(text, joined, new Map([...kwargs].map(([k, v]) => [k, escaped(v)])), call);
    return result instanceof Promise ? result : safe(result);
  };
}

function attributeOf(target: Value, name: string): Value | undefined {
  if (target instanceof Group)
    return name === 'grouper' ? target.grouper : name === 'list' ? target.list : undefined;
  if (
    name === 'real' &&
    (typeof target === 'number' || typeof target === 'bigint' || target instanceof Float)
  )
    return target;
  if (name === 'imag' && (typeof target === 'number' || typeof target === 'bigint')) return 0;
  if (isInt(target) && name === 'numerator') return target;
  if (isInt(target) && name === 'denominator') return 1;
  return undefined;
}
