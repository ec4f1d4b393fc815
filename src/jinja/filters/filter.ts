/** What a filter and a test are, and how they are declared. */
import type { Frame } from '../render/frame.ts';
import { bindArguments } from '../values/host-function.ts';
import type { Kwargs, Value } from '../values/value.ts';

/** `value | name(args)`. */
export type Filter = (value: Value, args: readonly Value[], kwargs: Kwargs, frame: Frame) => Value;

/** `value is name(args)`. */
export type Test = (value: Value, args: readonly Value[], kwargs: Kwargs, frame: Frame) => boolean;

/** A filter's JavaScript: its value, then one value per parameter with defaults filled in. */
export type FilterBody = (value: Value, values: readonly Value[], frame: Frame) => Value;

/**
 * A filter with named parameters.
 *
 * @param parameters `name` or `[name, default]`.
 */
export function defineFilter(
  name: string,
  parameters: readonly (string | readonly [string, Value])[],
  body: FilterBody,
): readonly [string, Filter] {
  const defaults = parameters.map((p) => (typeof p === 'string' ? undefined : p[1]));
  const allOptional = defaults.every((d) => d !== undefined);
  return [
    name,
    (value, args, kwargs, frame) => {
      if (kwargs.size === 0 && (args.length === parameters.length || (allOptional && args.length === 0))) {
        return body(value, args.length === 0 ? (defaults as Value[]) : args, frame);
      }
      return body(value, bindArguments(name, parameters, args, kwargs).values, frame);
    },
  ];
}

/** A filter that reads its arguments itself. */
export function rawFilter(name: string, body: Filter): readonly [string, Filter] {
  return [name, body];
}
