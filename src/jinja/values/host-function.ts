import { jinjaErrors } from '../errors.ts';
import { Callable, type CallInfo } from './host-object.ts';
import type { Kwargs, Value } from './value.ts';

/** The JavaScript behind a host function. */
export type HostFunctionBody = (
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
) => Value | Promise<Value>;

class HostFunction extends Callable {
  override readonly typeName = 'function';
  readonly name: string;
  readonly #body: HostFunctionBody;

  constructor(name: string, body: HostFunctionBody) {
    super();
    this.name = name;
    this.#body = body;
  }

  override str(): string {
    return `<function ${this.name}>`;
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    return this.#body(args, kwargs, call);
  }
}

/** A function that templates can call. `body` may return a promise: only asynchronous renders accept it. */
export function hostFunction(name: string, body: HostFunctionBody): Callable {
  return new HostFunction(name, body);
}

/** One parameter of a host function. Without `initial` it is required. */
export interface Parameter {
  readonly name: string;
  readonly initial?: Value;
}

/** How arguments were matched to parameters. */
export interface BoundArguments {
  /** One value per parameter, in the parameters' order. */
  readonly values: readonly Value[];
  /** Positional arguments past the parameters: `*args`. */
  readonly rest: readonly Value[];
  /** Keyword arguments that name no parameter: `**kwargs`. */
  readonly restKwargs: Kwargs;
}

/**
 * Matches a call's arguments to `parameters` as Python does.
 *
 * @param parameters in order: a bare name is required, `['name', value]` has a default, `'*'` lets
 * further positional arguments through and `'**'` further keywords.
 * @throws jinja.type-error in Python's words when one is missing, unknown or given twice.
 */
export function bindArguments(
  name: string,
  parameters: readonly (string | readonly [string, Value] | Parameter)[],
  args: readonly Value[],
  kwargs: Kwargs,
): BoundArguments {
  const takesRest = parameters.includes('*');
  const takesKwargs = parameters.includes('**');
  const named = parameters.filter((p) => p !== '*' && p !== '**').map(asParameter);
  const taken = new Set<string>();
  const missing: string[] = [];
  const values = named.map((parameter, i): Value => {
    const given = args[i];
    if (given !== undefined) {
      if (kwargs.has(parameter.name)) throw bad(name, `got multiple values for argument '${parameter.name}'`);
      return given;
    }
    const keyword = kwargs.get(parameter.name);
    if (keyword !== undefined) {
      taken.add(parameter.name);
      return keyword;
    }
    if (parameter.initial === undefined) missing.push(parameter.name);
    return parameter.initial ?? null;
  });
  if (args.length > named.length && !takesRest) {
    throw bad(
      name,
      `takes ${named.length} positional argument${named.length === 1 ? '' : 's'} but ${args.length} ${args.length === 1 ? 'was' : 'were'} given`,
    );
  }
  const restKwargs = new Map([...kwargs].filter(([key]) => !taken.has(key)));
  const [unknown] = restKwargs.keys();
  if (unknown !== undefined && !takesKwargs)
    throw bad(name, `got an unexpected keyword argument '${unknown}'`);
  if (missing.length > 0) {
    throw bad(
      name,
      `missing ${missing.length} required argument${missing.length === 1 ? '' : 's'}: ${missing.map((m) => `'${m}'`).join(' and ')}`,
    );
  }
  return { values, rest: args.slice(named.length), restKwargs };
}

function asParameter(parameter: string | readonly [string, Value] | Parameter): Parameter {
  if (typeof parameter === 'string') return { name: parameter };
  return 'name' in parameter ? parameter : { name: parameter[0], initial: parameter[1] };
}

function bad(name: string, problem: string): Error {
  return jinjaErrors['type-error']({ problem: `${name}() ${problem}` });
}
