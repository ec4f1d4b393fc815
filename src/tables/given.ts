/**
 * What callers without a type checker give: looked at where it comes in, before anything is read or written.
 *
 * A name that nothing looks for is refused as well. `delete({ were: 'id = 7' })` would delete every row.
 */
import { type BoathouseError, didYouMean } from '../base/index.ts';
import { tablesErrors } from './errors.ts';

/** What a value has to be. */
export interface Expected {
  /** In words, after "expected". */
  readonly words: string;
  /** Whether the value itself is one; its parts are for `parts`. */
  readonly is: (value: unknown) => boolean;
  /** Looks at what is inside. @throws tables.bad-option */
  readonly parts?: (value: object, name: string) => void;
}

/**
 * Refuses `value` unless it is what is expected.
 *
 * @param name what the caller knows it by.
 * @throws tables.bad-option
 */
export function assertGiven(value: unknown, name: string, expected: Expected): void {
  if (!expected.is(value)) throw refused(name, value, expected.words);
  if (typeof value === 'object' && value !== null) expected.parts?.(value, name);
}

/** Any text. */
export const text: Expected = { words: 'a text', is: (value) => typeof value === 'string' };

/** SQL, or a name: a text with something in it. */
export const someText: Expected = {
  words: 'a text that is not empty',
  is: (value) => typeof value === 'string' && value.trim() !== '',
};

/** `true` or `false`. */
export const flag: Expected = { words: 'true or false', is: (value) => typeof value === 'boolean' };

/** A number that counts; what range it has to be in is for those who use it. */
export const wholeNumber: Expected = { words: 'a whole number', is: Number.isSafeInteger };

/** Any number that is one. */
export const finiteNumber: Expected = { words: 'a number', is: Number.isFinite };

/** A whole number that may have more digits than a double keeps. */
export const longNumber: Expected = {
  words: 'a whole number or a bigint',
  is: (value) => typeof value === 'bigint' || Number.isSafeInteger(value),
};

/** A point in time, as tables are opened at one. */
export const instant: Expected = {
  words: 'a Date, milliseconds since 1970, or ISO 8601 text',
  is: (value) =>
    typeof value === 'string' ||
    // Dates end there.
    (typeof value === 'number' && Math.abs(value) <= 8.64e15) ||
    (value instanceof Date && !Number.isNaN(value.getTime())),
};

/** Something to be called. */
export const callback: Expected = { words: 'a function', is: (value) => typeof value === 'function' };

/** Nothing is asked of it here. */
export const anything: Expected = { words: 'anything', is: () => true };

/** One of some words. */
export function oneOf(...words: readonly string[]): Expected {
  const shown = words.map((word) => `'${word}'`).join(' or ');
  return { words: shown, is: (value) => typeof value === 'string' && words.includes(value) };
}

/** The first of `choices` that the value is one of says what its parts are. */
export function either(words: string, ...choices: readonly Expected[]): Expected {
  return {
    words,
    is: (value) => choices.some((choice) => choice.is(value)),
    parts: (value, name) => choices.find((choice) => choice.is(value))?.parts?.(value, name),
  };
}

/** A list, each of whose items is one of `item`. */
export function listOf(item: Expected, words = 'a list'): Expected {
  return {
    words,
    is: Array.isArray,
    parts: (value, name) => {
      for (const [index, one] of (value as readonly unknown[]).entries())
        assertGiven(one, `${name}[${index}]`, item);
    },
  };
}

/** An object with names of the caller's own. */
export function recordOf(member: Expected, words = 'an object'): Expected {
  return {
    words,
    is: isRecord,
    parts: (value, name) => {
      for (const [key, one] of Object.entries(value)) assertGiven(one, `${name}.${key}`, member);
    },
  };
}

/** An object that has methods, whoever made it. */
export function objectWith(words: string, ...methods: readonly string[]): Expected {
  const has = (value: object): boolean =>
    methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
  return { words, is: (value) => typeof value === 'object' && value !== null && has(value) };
}

/**
 * An object with these members and no others; one that is undefined counts as left out.
 *
 * @param needed those that can't be left out.
 */
export function members(known: Readonly<Record<string, Expected>>, needed: readonly string[] = []): Expected {
  const names = Object.keys(known);
  return {
    words: `an object with ${names.join(', ')}`,
    is: isRecord,
    parts: (value, name) => {
      for (const [key, one] of Object.entries(value)) {
        const expected = Object.hasOwn(known, key) ? known[key] : undefined;
        if (expected === undefined) throw unknownMember(name, key, names);
        if (one !== undefined) assertGiven(one, `${name}.${key}`, expected);
      }
      for (const key of needed) {
        const one = (value as Record<string, unknown>)[key];
        if (one === undefined) throw refused(`${name}.${key}`, one, known[key]?.words ?? 'it');
      }
    },
  };
}

function isRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Instances of classes have members of their own making; a Map, say, is no record.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function refused(option: string, value: unknown, expected: string): BoathouseError {
  return tablesErrors['bad-option']({ option, value: shown(value), expected });
}

function unknownMember(name: string, key: string, names: readonly string[]): BoathouseError {
  const hint = didYouMean(key, names);
  return tablesErrors['bad-option'](
    { option: name, value: `{ ${key}: … }`, expected: `nothing but ${names.join(', ')}` },
    hint === undefined ? {} : { hint: `${hint} Nothing was written.` },
  );
}

/** A value in a message: what it is, or how it begins. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 60 ? `${value.slice(0, 60)}…` : value;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      if (value === null) return 'null';
      if (value instanceof Date)
        return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
      return Array.isArray(value) ? 'a list' : 'an object';
    default:
      return String(value);
  }
}
