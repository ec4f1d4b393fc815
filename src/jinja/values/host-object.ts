import type { SourceLocation } from '../../base/index.ts';
import type { UndefinedMode } from './undefined.ts';
import type { Kwargs, Value } from './value.ts';

/** An operator a host object may answer: Python's spelling. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** What a called host object or function knows about its call. Valid while the call runs. */
export interface CallInfo {
  /** Where the call stands in the template or macro that made it, with the macros that led there. */
  readonly location: SourceLocation | undefined;
  /** In `sync` a promise may not be returned; in `async` it is awaited by the caller. */
  readonly flavour: 'sync' | 'async';
  /** How undefined values made on behalf of this call should behave. */
  readonly undefinedMode: UndefinedMode;
  /** The names of the macros being rendered, innermost first. */
  readonly macroNames: readonly string[];
}

/**
 * An object of ours that templates may use. They see what these methods answer and nothing else:
 * a template never reaches a JavaScript property.
 */
export abstract class HostObject {
  /** Python's `type(x).__name__`, for messages. */
  abstract readonly typeName: string;

  /** The attribute `name`, or undefined (not `Undefined`) when there is none. */
  getAttr(_name: string): Value | undefined {
    return undefined;
  }

  /** What it prints as: Python's `str(x)`. */
  abstract str(): string;

  /** `x[key]`; undefined when there is no such item. */
  getItem?(key: Value): Value | undefined;
  /** `{% set x.name = value %}`, allowed only where this is given. */
  setAttr?(name: string, value: Value): void;
  /** `x(...)`. */
  call?(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value>;
  /** How it prints inside a list or dict; `str()` unless given. */
  repr?(): string;
  /** Whether it counts as true; else by `length()`, else true. */
  truthy?(): boolean;
  /** `x | length`. */
  length?(): number;
  /** `for item in x`. */
  iterate?(): Iterable<Value>;
  /** `item in x`; by iteration unless given. */
  contains?(item: Value): boolean;
  /** `x == other`; by identity unless given. */
  equals?(other: Value): boolean;
  /** Equal for equal objects; identity unless given. */
  hashKey?(): unknown;
  /** Negative, zero or positive as `x` sorts before, with or after `other`; undefined when they have no order. */
  compare?(other: Value): number | undefined;
  /** `x op other`, or `other op x` when `reflected`; undefined when it can't. */
  operator?(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined;
  /** What Python's `float(x)` gives, for objects that are numbers: `'%.2f' % x`, `| round(method='ceil')`. */
  number?(): number;
  /** `x | round(digits)`. */
  round?(digits: number): Value;
  /** `x | abs`. */
  absolute?(): Value;
  /** Python's `format(x, spec)`. */
  format?(spec: string): string;
  /** Whether it acts as a dict: `is mapping`, `**x`. Needs `iterate` (keys) and `getItem`. */
  readonly isMapping?: boolean;
  /** Whether it acts as a list: `is sequence`. */
  readonly isSequence?: boolean;
  /** What `toJs` and JSON make of it; its text unless given. */
  toJs?(): unknown;
}

/** A host object that can be called: macros, host functions, bound methods. */
export abstract class Callable extends HostObject {
  /** The name in messages and in the stack of calls. */
  abstract readonly name: string;
  abstract override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value>;
}
