/** Attributes, items, slices, membership and iteration. */
import { jinjaErrors } from '../errors.ts';
import { methodOf } from '../methods/index.ts';
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { orUndefined, Undefined, type UndefinedMode } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { equals, numberOf, textOf } from './comparing.ts';
import { repr } from './printing.ts';
import { typeName } from './type-name.ts';
import { undefinedError } from './undefined-error.ts';

/** `target.name`: an attribute or method, else the item of that name, else undefined. */
export function getAttribute(target: Value, name: string, mode: UndefinedMode): Value {
  if (target instanceof HostObject) {
    const attribute = target.getAttr(name);
    return orUndefined(attribute === undefined ? target.getItem?.(name) : attribute, mode, name, target);
  }
  if (target instanceof Undefined) return ofUndefined(target, name);
  const method = methodOf(target, name);
  if (method) return method;
  const item = target instanceof Dict ? target.get(name) : undefined;
  return orUndefined(item, mode, name, target);
}

/** `target[key]`: an item, else for a text key the attribute of that name, else undefined. */
export function getItem(target: Value, key: Value, mode: UndefinedMode): Value {
  if (target instanceof Undefined) return ofUndefined(target, textOf(key) ?? repr(key));
  const found = itemOf(target, key);
  if (found !== undefined) return found;
  const name = textOf(key);
  if (name === undefined) {
    return new Undefined(mode, repr(key), target, `${typeName(target)} object has no element ${repr(key)}`);
  }
  const attribute = target instanceof HostObject ? target.getAttr(name) : methodOf(target, name);
  return orUndefined(attribute, mode, name, target);
}

function ofUndefined(target: Undefined, name: string): Value {
  if (target.mode === 'strict') throw undefinedError(target);
  return new Undefined('lenient', name, undefined, target.hint);
}

/** The item under `key`, or undefined when there is none or `target` has no items. */
export function itemOf(target: Value, key: Value): Value | undefined {
  if (target instanceof Dict) return isHashable(key) ? target.get(key) : undefined;
  if (target instanceof HostObject) return target.getItem?.(key);
  const index = typeof key === 'boolean' ? Number(key) : key;
  if (typeof index !== 'number' || !Number.isSafeInteger(index)) return undefined;
  if (Array.isArray(target)) return target[index < 0 ? index + target.length : index];
  if (target instanceof Tuple) return target.items[index < 0 ? index + target.length : index];
  const text = textOf(target);
  if (text === undefined) return undefined;
  const chars = characters(text);
  const char = chars[index < 0 ? index + chars.length : index];
  return char === undefined ? undefined : sameKind(target, char);
}

function isHashable(key: Value): boolean {
  if (key instanceof Tuple) return key.items.every(isHashable);
  return !(Array.isArray(key) || key instanceof Dict || key instanceof PySet);
}

function sameKind(model: Value, text: string): Value {
  return model instanceof SafeText ? new SafeText(text) : text;
}

/** The code points of `text`: Python's characters. */
export function characters(text: string): string | readonly string[] {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text;
}

/** `target[start:stop:step]`; `null` where a part is left out. */
export function getSlice(target: Value, start: Value, stop: Value, step: Value, mode: UndefinedMode): Value {
  if (target instanceof Undefined) return ofUndefined(target, 'slice');
  const text = textOf(target);
  const items: ArrayLike<Value> | undefined =
    text !== undefined
      ? characters(text)
      : Array.isArray(target)
        ? target
        : target instanceof Tuple
          ? target.items
          : hostItems(target);
  if (items === undefined)
    return new Undefined(mode, 'slice', target, `'${typeName(target)}' object is not subscriptable`);
  const indices = sliceIndices(items.length, sliceBound(start), sliceBound(stop), sliceBound(step) ?? 1);
  const picked = indices.map((i) => items[i] as Value);
  if (text !== undefined) return sameKind(target, picked.join(''));
  return Array.isArray(target) || target instanceof HostObject ? picked : new Tuple(picked);
}

function hostItems(target: Value): readonly Value[] | undefined {
  return target instanceof HostObject && target.isSequence && target.iterate
    ? [...target.iterate()]
    : undefined;
}

function sliceBound(value: Value): number | undefined {
  if (value === null) return undefined;
  const number = value instanceof Float ? undefined : numberOf(value);
  if (value instanceof Undefined) throw undefinedError(value);
  if (number === undefined) {
    throw jinjaErrors['type-error']({
      problem: 'slice indices must be integers or None or have an __index__ method',
    });
  }
  return Number(number);
}

/** Which indices of a sequence of `length` a slice takes, in order. */
export function sliceIndices(
  length: number,
  start: number | undefined,
  stop: number | undefined,
  step: number,
): number[] {
  if (step === 0) throw jinjaErrors['value-error']({ problem: 'slice step cannot be zero' });
  const clamp = (bound: number | undefined, initial: number): number => {
    if (bound === undefined) return initial;
    const at = bound < 0 ? bound + length : bound;
    return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
  };
  const from = clamp(start, step > 0 ? 0 : length - 1);
  const to = clamp(stop, step > 0 ? length : -1);
  const indices: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) indices.push(i);
  return indices;
}

/** The items of `value` in order. A list is returned itself, so that what grows during a loop is seen. */
export function iterate(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return [...value.keys()];
  if (value instanceof PySet) return [...value.values()];
  const text = textOf(value);
  if (text !== undefined) return Array.from(text, (char) => sameKind(value, char));
  if (value instanceof Undefined) return [];
  if (value instanceof HostObject && value.iterate) {
    const items = value.iterate();
    return Array.isArray(items) ? (items as readonly Value[]) : [...items];
  }
  throw jinjaErrors['type-error']({ problem: `'${typeName(value)}' object is not iterable` });
}

/** `len(value)`. @throws jinja.type-error when it has none */
export function length(value: Value): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.length;
  if (value instanceof Dict || value instanceof PySet) return value.size;
  const text = textOf(value);
  if (text !== undefined) return characters(text).length;
  if (value instanceof Undefined) return 0;
  if (value instanceof HostObject && value.length) return value.length();
  throw jinjaErrors['type-error']({ problem: `object of type '${typeName(value)}' has no len()` });
}

/** `item in container`. */
export function contains(container: Value, item: Value): boolean {
  const text = textOf(container);
  if (text !== undefined) {
    const part = textOf(item);
    if (part !== undefined) return text.includes(part);
    if (item instanceof Undefined) throw undefinedError(item);
    throw jinjaErrors['type-error']({
      problem: `'in <string>' requires string as left operand, not ${typeName(item)}`,
    });
  }
  if (container instanceof Dict || container instanceof PySet) return container.has(item);
  if (container instanceof HostObject && container.contains) return container.contains(item);
  if (container instanceof Undefined) return false;
  if (!isIterable(container)) {
    throw jinjaErrors['type-error']({ problem: `argument of type '${typeName(container)}' is not iterable` });
  }
  return iterate(container).some((member) => member === item || equals(member, item));
}

/** Whether `for x in value` works. */
export function isIterable(value: Value): boolean {
  if (value instanceof HostObject) return value.iterate !== undefined;
  return typeof value === 'object' ? value !== null && !(value instanceof Float) : typeof value === 'string';
}
