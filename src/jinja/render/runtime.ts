/**
 * What generated code calls. It sees this object, its frame and its constants, and nothing else of
 * JavaScript: names and texts of the template reach it as literals and arguments only.
 */
import { didYouMean } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import type { Filter, Test } from '../filters/filter.ts';
import { builtinGlobals } from '../globals/index.ts';
import { limits } from '../limits.ts';
import { callMethodOf } from '../methods/index.ts';
import { contains, getAttribute, getItem, getSlice, isIterable, iterate } from '../python/access.ts';
import { binary, concatSafe, negative, positive } from '../python/arithmetic.ts';
import { equals, inOrder, truth } from '../python/comparing.ts';
import { str } from '../python/printing.ts';
import { typeName } from '../python/type-name.ts';
import { describeUndefined, undefinedError } from '../python/undefined-error.ts';
import { Dict } from '../values/dict.ts';
import { HostObject } from '../values/host-object.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { orUndefined, Undefined } from '../values/undefined.ts';
import { type Kwargs, noKwargs, type Value } from '../values/value.ts';
import { drive, type Running } from './drive.ts';
import { Frame } from './frame.ts';
import { Loop, type Recurse } from './loop.ts';
import { InnerMacro, type MacroCode, type MacroShape } from './macro.ts';
import { nativeText, nativeValue } from './native.ts';

type TextCode = (frame: Frame, list: readonly Value[], depth: number) => Value | Running;

function lookup(frame: Frame, name: string): Value | undefined {
  const found = frame.scope.lookup(name);
  return found === undefined ? builtinGlobals.get(name) : found;
}

function settle(result: Value | Promise<Value> | Running, frame: Frame): Value | Promise<Value> {
  if (typeof result === 'object' && result !== null && 'throw' in result && 'next' in result) {
    return drive(result as Running, frame);
  }
  return result;
}

function refusePromise(result: Value | Promise<Value>, frame: Frame, name: string): Value | Promise<Value> {
  if (result instanceof Promise && frame.render.flavour === 'sync') {
    // Nobody will wait for it any more; its own failure must not end the process.
    result.catch(() => undefined);
    throw jinjaErrors['async-in-sync']({ name });
  }
  return result;
}

function call(
  frame: Frame,
  at: number,
  target: Value,
  args: readonly Value[],
  kwargs: Kwargs,
): Value | Promise<Value> {
  frame.p = at;
  if (target instanceof HostObject && target.call) {
    return refusePromise(
      target.call(args, kwargs, frame),
      frame,
      'name' in target ? String(target.name) : target.typeName,
    );
  }
  if (target instanceof Undefined) {
    if (target.mode === 'lenient') return target;
    throw undefinedCall(target, frame);
  }
  throw jinjaErrors['type-error']({ problem: `'${typeName(target)}' object is not callable` });
}

function undefinedCall(target: Undefined, frame: Frame): Error {
  const { name } = target;
  const problem = describeUndefined(target);
  const near =
    name !== undefined && target.owner === undefined
      ? didYouMean(name, frame.scope.names?.() ?? [])
      : undefined;
  const hint =
    near ?? 'A macro of that name may not exist: check its spelling, and that its package is installed.';
  return jinjaErrors.undefined({ problem }, { hint });
}

function callMethod(
  frame: Frame,
  at: number,
  owner: Value,
  name: string,
  args: readonly Value[],
  kwargs: Kwargs,
): Value | Promise<Value> {
  frame.p = at;
  if (!(owner instanceof HostObject)) {
    const result = callMethodOf(owner, name, args, kwargs, frame);
    if (result !== undefined) return refusePromise(result, frame, name);
  }
  return call(frame, at, getAttribute(owner, name, frame.render.undefinedMode), args, kwargs);
}

function dict(parts: readonly Value[]): Dict {
  const made = new Dict();
  for (let i = 0; i < parts.length; i += 2) made.set(parts[i] as Value, parts[i + 1] as Value);
  return made;
}

function spreadKwargs(given: Kwargs, more: Value): Kwargs {
  const all = new Map(given);
  const add = (key: Value, value: Value): void => {
    const name = str(key);
    if (all.has(name))
      throw jinjaErrors['type-error']({ problem: `got multiple values for keyword argument '${name}'` });
    all.set(name, value);
  };
  if (more instanceof Dict) for (const [key, value] of more.entries()) add(key, value);
  else if (more instanceof HostObject && more.isMapping && more.iterate) {
    for (const key of more.iterate()) add(key, more.getItem?.(key) ?? null);
  } else if (more instanceof Undefined) throw undefinedError(more);
  else
    throw jinjaErrors['type-error']({
      problem: `argument after ** must be a mapping, not ${typeName(more)}`,
    });
  return all;
}

function setAttribute(frame: Frame, at: number, owner: Value, name: string, value: Value): void {
  frame.p = at;
  if (owner instanceof HostObject && owner.setAttr) owner.setAttr(name, value);
  else throw jinjaErrors['type-error']({ problem: 'cannot assign attribute on non-namespace object' });
}

function unpack(_frame: Frame, value: Value, count: number): readonly Value[] {
  if (!isIterable(value))
    throw jinjaErrors['type-error']({ problem: `cannot unpack non-iterable ${typeName(value)} object` });
  const items = iterate(value);
  if (items.length < count) {
    throw jinjaErrors['value-error']({
      problem: `not enough values to unpack (expected ${count}, got ${items.length})`,
    });
  }
  if (items.length > count)
    throw jinjaErrors['value-error']({ problem: `too many values to unpack (expected ${count})` });
  return Array.isArray(value) ? [...items] : items;
}

function checkLength(text: string): void {
  if (text.length > limits.outputLength)
    throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
}

function out(frame: Frame, value: Value): string {
  if (frame.escapes) return value instanceof SafeText ? value.text : escapeHtml(str(value));
  return typeof value === 'string' ? value : str(value);
}

function block(
  frame: Frame,
  name: string,
  exported: ReadonlyMap<string, Value>,
  code: TextCode,
): Value | Promise<Value> {
  const scope = {
    lookup: (wanted: string) => (exported.has(wanted) ? exported.get(wanted) : frame.scope.lookup(wanted)),
  };
  const inner = new Frame(frame, name, frame.source, scope, frame.render);
  inner.escapes = frame.escapes;
  return settle(code(inner, [], 0), inner);
}

function recurse(
  frame: Frame,
  from: unknown,
  code: TextCode,
  items: Value,
  depth: number,
): Value | Promise<Value> {
  const parent = from instanceof Frame ? from : frame;
  const inner = new Frame(parent, 'loop', frame.source, frame.scope, frame.render);
  inner.escapes = frame.escapes;
  return settle(code(inner, iterate(items), depth), inner);
}

/** The runtime of generated code. */
export const runtime: Readonly<Record<string, unknown>> = {
  noKwargs,
  binary,
  negative,
  positive,
  equals,
  inOrder,
  truth,
  contains,
  call,
  callMethod,
  dict,
  spreadKwargs,
  setAttribute,
  unpack,
  checkLength,
  out,
  block,
  recurse,
  lookup,
  nativeText,
  nativeValue,
  concat: (parts: readonly Value[], frame: Frame): Value => {
    return frame.escapes ? concatSafe(parts) : parts.map(str).join('');
  },
  tuple: (items: readonly Value[]): Tuple => new Tuple(items),
  spread: (args: readonly Value[], more: Value): readonly Value[] => [...args, ...iterate(more)],
  name: (frame: Frame, name: string): Value =>
    orUndefined(lookup(frame, name), frame.render.undefinedMode, name),
  unset: (frame: Frame, name: string): Value => new Undefined(frame.render.undefinedMode, name),
  notProvided: (frame: Frame, name: string): Value =>
    new Undefined(frame.render.undefinedMode, name, undefined, `parameter '${name}' was not provided`),
  noElse: (frame: Frame, at: number): Value => {
    const { line } = frame.source.locate(at);
    const hint = `the inline if-expression on line ${line} evaluated to false and no else section was defined.`;
    return new Undefined(frame.render.undefinedMode, undefined, undefined, hint);
  },
  attribute: (frame: Frame, at: number, owner: Value, name: string): Value => {
    frame.p = at;
    return getAttribute(owner, name, frame.render.undefinedMode);
  },
  item: (frame: Frame, at: number, owner: Value, key: Value): Value => {
    frame.p = at;
    return getItem(owner, key, frame.render.undefinedMode);
  },
  slice: (frame: Frame, at: number, owner: Value, start: Value, stop: Value, step: Value): Value => {
    frame.p = at;
    return getSlice(owner, start, stop, step, frame.render.undefinedMode);
  },
  iterate: (frame: Frame, at: number, value: Value): readonly Value[] => {
    frame.p = at;
    return iterate(value);
  },
  loop: (frame: Frame, items: readonly Value[], depth: number, recursion: Recurse | undefined): Loop =>
    new Loop(frame, items, depth, recursion),
  macro: (shape: MacroShape, frame: Frame, code: MacroCode): InnerMacro => new InnerMacro(shape, frame, code),
  captured: (frame: Frame, text: string): Value => (frame.escapes ? new SafeText(text) : text),
  filter: (
    frame: Frame,
    at: number,
    filter: Filter,
    value: Value,
    args: readonly Value[],
    kwargs: Kwargs,
  ): Value => {
    frame.p = at;
    return filter(value, args, kwargs, frame);
  },
  test: (
    frame: Frame,
    at: number,
    test: Test,
    value: Value,
    args: readonly Value[],
    kwargs: Kwargs,
  ): boolean => {
    frame.p = at;
    return test(value, args, kwargs, frame);
  },
  noFilter: (frame: Frame, at: number, name: string): never => {
    frame.p = at;
    throw jinjaErrors.syntax({ problem: `No filter named '${name}' found.` });
  },
  noTest: (frame: Frame, at: number, name: string): never => {
    frame.p = at;
    throw jinjaErrors.syntax({ problem: `No test named '${name}' found.` });
  },
  unsupported: (frame: Frame, at: number, tag: string): never => {
    frame.p = at;
    throw jinjaErrors.unsupported({ what: `{% ${tag} %}` });
  },
  isDefined: (value: Value): boolean => !(value instanceof Undefined),
  isUndefined: (value: Value): boolean => value instanceof Undefined,
  isNone: (value: Value): boolean => value === null,
};
