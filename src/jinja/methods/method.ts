/** Methods of Python's built-in types: tables by name, so that nothing else of a value can be reached. */
import { bindArguments } from '../values/host-function.ts';
import { Callable, type CallInfo } from '../values/host-object.ts';
import type { Kwargs, Value } from '../values/value.ts';

/** A method's JavaScript: its receiver, then the arguments as they came. */
export type Method<T> = (
  self: T,
  args: readonly Value[],
  kwargs: Kwargs,
  call: CallInfo,
) => Value | Promise<Value>;

/** The methods of one type. */
export type MethodTable<T> = ReadonlyMap<string, Method<T>>;

/**
 * A method with named parameters. `body` gets one value per parameter, defaults filled in.
 *
 * @param parameters `name` or `[name, default]`.
 */
export function method<T>(
  name: string,
  parameters: readonly (string | readonly [string, Value])[],
  body: (self: T, ...values: Value[]) => Value,
): readonly [string, Method<T>] {
  return [
    name,
    (self, args, kwargs) => {
      if (kwargs.size === 0 && args.length === parameters.length) return body(self, ...args);
      return body(self, ...bindArguments(name, parameters, args, kwargs).values);
    },
  ];
}

/** A method taking any number of positional arguments. */
export function variadic<T>(
  name: string,
  body: (self: T, args: readonly Value[], kwargs: Kwargs) => Value,
): readonly [string, Method<T>] {
  return [name, (self, args, kwargs) => body(self, args, kwargs)];
}

/** A method taken off its value: `{% set f = list.append %}`. */
export class BoundMethod<T> extends Callable {
  override readonly typeName = 'builtin_function_or_method';
  readonly name: string;
  readonly #self: T;
  readonly #method: Method<T>;

  constructor(name: string, self: T, body: Method<T>) {
    super();
    this.name = name;
    this.#self = self;
    this.#method = body;
  }

  override str(): string {
    return `<built-in method ${this.name}>`;
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    return this.#method(this.#self, args, kwargs, call);
  }
}
