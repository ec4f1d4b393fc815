import type { Value } from './values/value.ts';

/** Where free names are looked up: the globals of one render, supplied by the host. */
export interface Scope {
  /** The value of `name`, or undefined when nothing has that name. */
  lookup(name: string): Value | undefined;
  /** Every name there is, for "did you mean". Optional: without it no suggestion is made. */
  names?(): Iterable<string>;
}

/** A scope over a fixed set of names. */
export function mapScope(
  names: ReadonlyMap<string, Value> | Readonly<Record<string, Value>>,
  parent?: Scope,
): Scope {
  const map = names instanceof Map ? (names as ReadonlyMap<string, Value>) : new Map(Object.entries(names));
  return {
    lookup: (name) => map.get(name) ?? (map.has(name) ? null : parent?.lookup(name)),
    *names() {
      yield* map.keys();
      if (parent?.names) yield* parent.names();
    },
  };
}
