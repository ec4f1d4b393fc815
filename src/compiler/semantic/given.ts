/** What a property file says of one thing of the semantic layer, read strictly: dbt takes no number for a text here. */
import { nearest } from '../../base/index.ts';
import { Float } from '../../jinja/index.ts';
import { isPlainDict } from '../../project/index.ts';
import { compilerErrors } from '../errors.ts';
import type { Plain } from '../manifest.ts';
import { writable } from '../manifest-text.ts';
import { type PropertyEntry, placeOf } from '../property-entries.ts';
import { pythonStr } from '../python-repr.ts';

/** A mapping of a property entry, and where in it that stands. */
export class Given {
  readonly entry: PropertyEntry;
  readonly data: Plain;
  readonly path: readonly (string | number)[];

  constructor(entry: PropertyEntry, data: Plain = entry.data, path: readonly (string | number)[] = []) {
    this.entry = entry;
    this.data = data;
    this.path = path;
  }

  /** Stops at a key that isn't one of these. @returns itself. @throws compiler.bad-property */
  only(...keys: readonly string[]): this {
    for (const key of Object.keys(this.data)) {
      if (keys.includes(key)) continue;
      const near = nearest(key, keys);
      const where = this.path.length === 0 ? '' : ` below ${this.path.join('.')}`;
      const hint = near === undefined ? `It has: ${keys.join(', ')}.` : `Did you mean '${near}'?`;
      this.fail(key, `nothing reads '${key}'${where}`, hint);
    }
    return this;
  }

  /** Stops with what is wrong, at the key. @throws compiler.bad-property */
  fail(key: string, problem: string, hint?: string): never {
    const what = `${singular[this.entry.key] ?? this.entry.key} '${this.entry.name}'`;
    throw compilerErrors['bad-property'](
      { problem: `The ${what}: ${problem}` },
      { location: placeOf(this.entry, ...this.path, key), ...(hint === undefined ? {} : { hint }) },
    );
  }

  /** A text, or null. @throws compiler.bad-property */
  text(key: string): string | null {
    const value = this.data[key];
    if (value === null || value === undefined) return null;
    if (typeof value !== 'string') this.#expected(key, 'a text', value);
    return value as string;
  }

  /** A text that has to be there. @throws compiler.bad-property */
  requiredText(key: string): string {
    this.require(key);
    return this.text(key) ?? this.#expected(key, 'a text', null);
  }

  /** A text, number or truth value as Python prints it, or null. @throws compiler.bad-property */
  printed(key: string, kinds: 'text or flag' | 'text, flag or number'): string | null {
    const value = this.data[key];
    if (value === null || value === undefined) return null;
    const isFine =
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      (typeof value === 'number' && kinds === 'text, flag or number');
    if (!isFine) this.#expected(key, 'a text', value);
    return pythonStr(value);
  }

  /** true or false. @throws compiler.bad-property */
  flag(key: string, fallback: boolean): boolean {
    const value = this.data[key];
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') this.#expected(key, 'true or false', value);
    return value as boolean;
  }

  /** A whole number, or null. @throws compiler.bad-property */
  whole(key: string): number | null {
    const value = this.data[key];
    if (value === null || value === undefined) return null;
    if (typeof value !== 'number' || !Number.isInteger(value)) this.#expected(key, 'a whole number', value);
    return value as number;
  }

  /** A number as the manifest holds it, or null. @throws compiler.bad-property */
  number(key: string): unknown {
    const value = this.data[key];
    if (value === null || value === undefined) return null;
    if (typeof value === 'number') return writable(Number.isInteger(value) ? new Float(value) : value);
    if (!(value instanceof Float)) this.#expected(key, 'a number', value);
    return writable(value);
  }

  /** One of a few words, in any case of letters. @throws compiler.bad-property */
  choice(key: string, words: readonly string[], fallback?: string): string {
    if (fallback !== undefined && this.data[key] === undefined) return fallback;
    const written = this.requiredText(key);
    return words.includes(written.toLowerCase())
      ? written.toLowerCase()
      : this.failChoice(key, written, words);
  }

  /** Stops because a word isn't one of those that may stand at `key`. @throws compiler.bad-property */
  failChoice(key: string, written: string, words: readonly string[]): never {
    const near = nearest(written, words);
    const hint = near === undefined ? undefined : `Did you mean '${near}'?`;
    return this.fail(key, `'${key}' has to be one of ${words.join(', ')}, not '${written}'`, hint);
  }

  /** A mapping, or undefined. @throws compiler.bad-property */
  mapping(key: string): Given | undefined {
    const value = this.data[key];
    if (value === null || value === undefined) return undefined;
    if (!isPlainDict(value)) this.#expected(key, 'a mapping', value);
    return new Given(this.entry, value as Plain, [...this.path, key]);
  }

  /** Free-form values. @throws compiler.bad-property */
  values(key: string): Plain {
    if (!(key in this.data)) return {};
    return this.mapping(key)?.data ?? this.#expected(key, 'a mapping', null);
  }

  /** A list of mappings, empty where there is none. @throws compiler.bad-property */
  mappings(key: string): Given[] {
    return this.#list(key).map((item, i) => {
      if (!isPlainDict(item)) this.#expected(key, 'a list of mappings', item);
      return new Given(this.entry, item as Plain, [...this.path, key, i]);
    });
  }

  /** A list of texts, empty where there is none. @throws compiler.bad-property */
  texts(key: string): string[] {
    return this.#list(key).map((item) =>
      typeof item === 'string' ? item : this.#expected(key, 'a list of texts', item),
    );
  }

  /** A list of what `read` makes of each item. @throws compiler.bad-property */
  items<T>(key: string, read: (holder: Given, index: string) => T): T[] {
    const list = this.#list(key);
    const holder = new Given(this.entry, { ...list } as unknown as Plain, [...this.path, key]);
    return list.map((_, i) => read(holder, String(i)));
  }

  /** Stops unless `key` is there. @throws compiler.bad-property */
  require(key: string): void {
    if (key in this.data) return;
    const what = this.path.length === 0 ? '' : ` below ${this.path.join('.')}`;
    throw compilerErrors['bad-property'](
      {
        problem: `The ${singular[this.entry.key] ?? this.entry.key} '${this.entry.name}' needs '${key}'${what}`,
      },
      { location: placeOf(this.entry, ...this.path) },
    );
  }

  #list(key: string): unknown[] {
    const value = this.data[key];
    if (value === undefined) return [];
    return Array.isArray(value) ? value : this.#expected(key, 'a list', value);
  }

  #expected(key: string, expected: string, found: unknown): never {
    const shown = typeof found === 'string' ? `'${found}'` : pythonStr(found);
    return this.fail(key, `'${key}' has to be ${expected}, not ${shown}`);
  }
}

const singular: Readonly<Partial<Record<string, string>>> = {
  metrics: 'metric',
  semantic_models: 'semantic model',
  saved_queries: 'saved query',
  functions: 'function',
  models: 'model',
};
