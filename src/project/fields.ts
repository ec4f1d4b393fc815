/** Typed reading of a rendered YAML mapping: a wrong type is an error where it stands. */
import { didYouMean } from '../base/index.ts';
import { Dict, Float } from '../jinja/index.ts';
import { projectErrors } from './errors.ts';
import { asPlain } from './render-yaml.ts';
import type { WarningList } from './warnings.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';
import { pathText } from './yaml-shape.ts';
import { describeYaml, isPlainDict, type PlainDict } from './yaml-value.ts';

/** The keys of one mapping, each read once with the type it must have. Empty values count as not given. */
export class Fields {
  readonly path: YamlPath;
  readonly file: YamlFile;
  readonly #dict: PlainDict;
  readonly #asked = new Set<string>();

  constructor(dict: PlainDict, file: YamlFile, path: YamlPath) {
    this.#dict = dict;
    this.file = file;
    this.path = path;
  }

  /** Whether `key` is given and not empty. */
  has(key: string): boolean {
    this.#asked.add(key);
    return this.#dict[key] !== null && this.#dict[key] !== undefined;
  }

  /** The value as it is; undefined when not given. */
  any(key: string): unknown {
    return this.has(key) ? this.#dict[key] : undefined;
  }

  /** A text; numbers and booleans are taken as their text. */
  text(key: string): string | undefined {
    const value = this.any(key);
    if (value === undefined) return undefined;
    return scalarText(value) ?? this.fail(key, 'a text', value);
  }

  /** true or false; the words in quotes, too, since that is what env_var gives. */
  bool(key: string): boolean | undefined {
    const value = this.any(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (typeof value === 'string' && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === 'true';
    return this.fail(key, 'true or false', value);
  }

  /** A whole number; digits in quotes, too. */
  whole(key: string, min: number): number | undefined {
    const value = this.any(key);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min) return number;
    return this.fail(key, `a whole number from ${min}`, value);
  }

  /** A list; undefined when not given. */
  list(key: string): readonly unknown[] | undefined {
    const value = this.any(key);
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined;
    return this.fail(key, 'a list', value);
  }

  /** A list of texts. @param orOne whether one text alone is a list of one. */
  texts(key: string, orOne: 'or-one' | 'list-only' = 'list-only'): readonly string[] | undefined {
    const value = this.any(key);
    if (value === undefined) return undefined;
    if (orOne === 'or-one' && !Array.isArray(value))
      return [scalarText(value) ?? this.fail(key, 'a text or a list of texts', value)];
    return (this.list(key) ?? []).map(
      (item, i) => scalarText(item) ?? failAt(this.file, [...this.path, key, i], 'a text', item),
    );
  }

  /** A mapping; undefined when not given. */
  dict(key: string): PlainDict | undefined {
    const value = this.any(key);
    if (value === undefined || isPlainDict(value)) return value;
    if (value instanceof Dict) {
      return Object.fromEntries([...value.entries()].map(([k, v]) => [String(asPlain(k)), v]));
    }
    return this.fail(key, 'a mapping', value);
  }

  /** The mapping below `key` as fields of its own. */
  fields(key: string): Fields | undefined {
    const dict = this.dict(key);
    return dict && new Fields(dict, this.file, [...this.path, key]);
  }

  /** A mapping whose values are texts, numbers or booleans. */
  scalars(key: string): Record<string, string | number | boolean> {
    const out: Record<string, string | number | boolean> = {};
    for (const [name, value] of Object.entries(this.dict(key) ?? {})) {
      if (value === null) continue;
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        out[name] = value;
      else if (typeof value === 'bigint') out[name] = String(value);
      else if (value instanceof Float) out[name] = value.value;
      else failAt(this.file, [...this.path, key, name], 'a text, a number or true or false', value);
    }
    return out;
  }

  /** The keys that nobody asked for, in their order. */
  get rest(): PlainDict {
    return Object.fromEntries(Object.entries(this.#dict).filter(([key]) => !this.#asked.has(key)));
  }

  /** Warns of every key that nobody asked for. @param known for the nearest name. */
  warnUnknown(warnings: WarningList, what: string, known: readonly string[] = []): void {
    for (const key of Object.keys(this.rest)) {
      const hint = didYouMean(key, [...this.#asked, ...known]);
      warnings.add(
        {
          code: 'project.unknown-key',
          message: `'${key}' is no known key of ${what}`,
          ...(hint !== undefined && { hint }),
          location: this.file.locate([...this.path, key], 'key'),
        },
        `${what}:${key}`,
      );
    }
  }

  /** Stops because the value of `key` isn't what it must be. @throws project.bad-value */
  fail(key: string, expected: string, found: unknown): never {
    return failAt(this.file, [...this.path, key], expected, found);
  }
}

/** Stops because the value at `path` isn't what it must be. @throws project.bad-value */
export function failAt(file: YamlFile, path: YamlPath, expected: string, found: unknown): never {
  throw projectErrors['bad-value'](
    { path: pathText(path), expected, found: describeYaml(found) },
    { location: file.locate(path) },
  );
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return value instanceof Float ? `${value.value}.0` : undefined;
}
