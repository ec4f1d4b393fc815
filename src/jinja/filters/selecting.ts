/** What filters over sequences share: reading an attribute of each item, ignoring letter case. */
import { jinjaErrors } from '../errors.ts';
import { getItem } from '../python/access.ts';
import { textOf } from '../python/comparing.ts';
import { str } from '../python/printing.ts';
import type { Frame } from '../render/frame.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** A function from an item to its attribute, by a path like `a.b.0`, a number, or null for the item itself. */
export function attributeGetter(attribute: Value, frame: Frame, fallback?: Value): (item: Value) => Value {
  if (attribute === null) return (item) => item;
  const parts = partsOf(attribute);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(value, part, frame.render.undefinedMode);
      if (fallback !== undefined && fallback !== null && value instanceof Undefined) return fallback;
    }
    return value;
  };
}

/** Several attributes separated by commas, as a tuple to sort by. */
export function multiAttributeGetter(
  attribute: Value,
  frame: Frame,
  after: (v: Value) => Value,
): (item: Value) => Value {
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = paths.map((path) => attributeGetter(path, frame));
  return (item) => {
    const [first] = getters;
    if (getters.length === 1 && first) return after(first(item));
    return new Tuple(getters.map((get) => after(get(item))));
  };
}

function partsOf(attribute: Value): Value[] {
  if (typeof attribute === 'number') return [attribute];
  return str(attribute)
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Text in lower case, anything else as it is: for comparing without letter case. */
export function ignoreCase(value: Value): Value {
  const text = textOf(value);
  return text === undefined ? value : text.toLowerCase();
}

/** The arguments of `map`, `select` and their like past the first. @throws jinja.type-error without a first */
export function nameArgument(args: readonly Value[], what: string): string {
  const [name] = args;
  if (name === undefined) throw jinjaErrors['type-error']({ problem: `${what} requires a filter argument` });
  return str(name);
}
