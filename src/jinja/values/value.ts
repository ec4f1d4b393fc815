/**
 * Python's values in JavaScript: what a template computes with.
 *
 * | Python | here |
 * |---|---|
 * | None | null |
 * | bool | boolean |
 * | int | a safe integer as number, anything beyond 2^53 as bigint |
 * | float | a number that is no safe integer, or `Float` around one that is (1.0, -0.0) |
 * | str | string |
 * | Markup | `SafeText` |
 * | list | a JavaScript array: mutable, identity kept |
 * | tuple, dict, set | `Tuple`, `Dict`, `PySet` |
 * | Undefined | `Undefined` |
 * | everything else | a `HostObject` |
 */
import type { Dict } from './dict.ts';
import type { Float } from './float.ts';
import type { HostObject } from './host-object.ts';
import type { PySet } from './py-set.ts';
import type { SafeText } from './safe-text.ts';
import type { Tuple } from './tuple.ts';
import type { Undefined } from './undefined.ts';

/** Anything a template can hold, pass or print. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Value[]
  | Tuple
  | Dict
  | PySet
  | Float
  | SafeText
  | Undefined
  | HostObject;

/** Keyword arguments, in the order they were given. */
export type Kwargs = ReadonlyMap<string, Value>;

/** The keyword arguments of a call that has none. */
export const noKwargs: Kwargs = new Map();
