/** Macros as values: how arguments reach parameters, and how the generated code behind them runs. */
import { jinjaErrors } from '../errors.ts';
import { type RenderOptions, renderOf } from '../render-options.ts';
import type { Scope } from '../scope.ts';
import type { SourceText } from '../syntax/source-text.ts';
import { Dict } from '../values/dict.ts';
import { Callable, type CallInfo } from '../values/host-object.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Kwargs, Value } from '../values/value.ts';
import { drive, type Running } from './drive.ts';
import { Frame, locateError } from './frame.ts';
import { ReturnSignal } from './return-signal.ts';

/** What is known of a macro before it runs. */
export interface MacroShape {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly usesCaller: boolean;
  readonly usesVarargs: boolean;
  readonly usesKwargs: boolean;
}

/** Generated code: its parameters in order, absent ones undefined, then caller, varargs and kwargs if used. */
export type MacroCode = (frame: Frame, args: readonly (Value | undefined)[]) => Value | Running;

abstract class MacroBase extends Callable {
  override readonly typeName = 'Macro';
  readonly shape: MacroShape;

  constructor(shape: MacroShape) {
    super();
    this.shape = shape;
  }

  get name(): string {
    return this.shape.name;
  }

  override str(): string {
    return `<Macro '${this.name}'>`;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'name':
        return this.name;
      case 'arguments':
        return new Tuple(this.shape.parameters);
      case 'catch_kwargs':
        return this.shape.usesKwargs;
      case 'catch_varargs':
        return this.shape.usesVarargs;
      case 'caller':
        return this.shape.usesCaller;
      default:
        return undefined;
    }
  }
}

/** A macro defined inside a running template, or the body of a call block: it sees the variables around it. */
export class InnerMacro extends MacroBase {
  readonly #outer: Frame;
  readonly #code: MacroCode;
  readonly #escapes: boolean;

  constructor(shape: MacroShape, outer: Frame, code: MacroCode) {
    super(shape);
    this.#outer = outer;
    this.#code = code;
    this.#escapes = outer.escapes;
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    const outer = this.#outer;
    const parent = call instanceof Frame ? call : outer;
    const frame = new Frame(parent, this.name, outer.source, outer.scope, parent.render);
    frame.escapes = this.#escapes;
    return run(this.#code, frame, matchArguments(this.shape, args, kwargs, frame), this.#escapes);
  }
}

/** A definition of the project in a scope: free names are looked up there, `return()` ends it. */
export class BoundMacro extends MacroBase {
  readonly #source: SourceText;
  readonly #scope: Scope;
  readonly #options: RenderOptions | undefined;
  readonly #codeOf: (flavour: 'sync' | 'async') => MacroCode;

  constructor(
    shape: MacroShape,
    source: SourceText,
    scope: Scope,
    options: RenderOptions | undefined,
    codeOf: (flavour: 'sync' | 'async') => MacroCode,
  ) {
    super(shape);
    this.#source = source;
    this.#scope = scope;
    this.#options = options;
    this.#codeOf = codeOf;
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    const parent = call instanceof Frame ? call : undefined;
    const render =
      parent?.render ?? renderOf(call.flavour, { undefined: call.undefinedMode, ...this.#options });
    const frame = new Frame(parent, this.name, this.#source, this.#scope, render);
    try {
      const result = run(
        this.#codeOf(render.flavour),
        frame,
        matchArguments(this.shape, args, kwargs, frame),
        false,
      );
      return result instanceof Promise ? result.catch(returned) : result;
    } catch (error) {
      return returned(error);
    }
  }
}

function returned(error: unknown): Value {
  if (error instanceof ReturnSignal) return error.value;
  throw error;
}

function run(
  code: MacroCode,
  frame: Frame,
  args: readonly (Value | undefined)[],
  safe: boolean,
): Value | Promise<Value> {
  let result: Value | Promise<Value>;
  try {
    const started = code(frame, args);
    result = isRunning(started) ? drive(started, frame) : started;
  } catch (error) {
    throw locateError(error, frame);
  }
  if (!safe) return result;
  return result instanceof Promise ? result.then(asSafe) : asSafe(result);
}

function isRunning(started: Value | Running): started is Running {
  return typeof started === 'object' && started !== null && 'next' in started && 'throw' in started;
}

function asSafe(value: Value): Value {
  return typeof value === 'string' ? new SafeText(value) : value;
}

/** @throws jinja.type-error in Jinja's words when the arguments don't fit */
function matchArguments(
  shape: MacroShape,
  args: readonly Value[],
  kwargs: Kwargs,
  frame: Frame,
): (Value | undefined)[] {
  const { parameters } = shape;
  const values: (Value | undefined)[] = args.slice(0, parameters.length);
  let used = 0;
  for (let i = values.length; i < parameters.length; i += 1) {
    const value = kwargs.get(parameters[i] as string);
    if (value !== undefined) used += 1;
    values.push(value);
  }
  const fail = (problem: string): unknown =>
    locateError(jinjaErrors['type-error']({ problem }), frame.parent ?? frame);
  let caller: Value | undefined;
  if (shape.usesCaller) {
    caller = kwargs.get('caller');
    if (caller !== undefined) used += 1;
    values.push(caller ?? new Undefined(frame.undefinedMode, 'caller', undefined, 'No caller defined'));
  }
  const rest = kwargs.size > used ? restOf(shape, args.length, kwargs) : [];
  if (shape.usesKwargs) values.push(new Dict(rest));
  else if (rest.length > 0) {
    const [first = ['']] = rest;
    throw fail(
      kwargs.has('caller')
        ? `macro '${shape.name}' was invoked with two values for the special caller argument. This is most likely a bug.`
        : `macro '${shape.name}' takes no keyword argument '${first[0]}'`,
    );
  }
  if (shape.usesVarargs) values.push(new Tuple(args.slice(parameters.length)));
  else if (args.length > parameters.length) {
    throw fail(`macro '${shape.name}' takes not more than ${parameters.length} argument(s)`);
  }
  return values;
}

function restOf(shape: MacroShape, positional: number, kwargs: Kwargs): [string, Value][] {
  const named = new Set(shape.parameters.slice(positional));
  if (shape.usesCaller) named.add('caller');
  return [...kwargs].filter(([name]) => !named.has(name));
}
