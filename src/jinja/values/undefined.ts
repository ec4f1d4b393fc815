import type { Value } from './value.ts';

/** How forgiving an undefined value is: `lenient` is dbt's while parsing, `strict` Jinja's own. */
export type UndefinedMode = 'lenient' | 'strict';

/** `found`, or an undefined value of that name where nothing was found. None counts as found. */
export function orUndefined(
  found: Value | undefined,
  mode: UndefinedMode,
  name: string | undefined,
  owner?: Value,
  hint?: string,
): Value {
  return found === undefined ? new Undefined(mode, name, owner, hint) : found;
}

/**
 * What a name, attribute or item that doesn't exist evaluates to.
 *
 * It prints as nothing, is false, empty and equal to other undefined values. A `strict` one throws
 * when it is called, asked for an attribute or item, or computed with; a `lenient` one answers calls,
 * attributes and items with another undefined value.
 */
export class Undefined {
  /** The name, attribute or item that was asked for. */
  readonly name: string | undefined;
  /** The value it was asked of; absent when a bare name was looked up. */
  readonly owner: Value | undefined;
  /** Replaces the usual message. */
  readonly hint: string | undefined;
  readonly mode: UndefinedMode;

  constructor(mode: UndefinedMode, name: string | undefined, owner?: Value, hint?: string) {
    this.mode = mode;
    this.name = name;
    this.owner = owner;
    this.hint = hint;
  }
}
