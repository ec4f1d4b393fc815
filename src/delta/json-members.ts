/** The members of the log's JSON objects, each taken as what the protocol says it is. */
import type { Json } from '../base/index.ts';
import type { PartitionValues, TextMap } from './actions.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, Json>>;

/** A member of the log's JSON that isn't what the protocol says. Caught where file and line are known. */
export class MalformedAction extends Error {
  override readonly name = 'MalformedAction';
}

/**
 * One object's members by name. A member that is null counts as missing, as in a row of a checkpoint.
 *
 * Every method throws `MalformedAction` for a value of another type, or for one that must be there and isn't.
 */
export class Members {
  readonly name: string;
  readonly all: JsonObject;

  constructor(name: string, all: JsonObject) {
    this.name = name;
    this.all = all;
  }

  value(member: string): Json {
    return Object.hasOwn(this.all, member) ? (this.all[member] ?? null) : null;
  }

  optionalText(member: string): string | undefined {
    const value = this.value(member);
    if (value === null || typeof value === 'string') return value ?? undefined;
    throw this.#wrong(member, 'a text');
  }

  text(member: string): string {
    return this.optionalText(member) ?? this.#missing(member);
  }

  optionalInteger(member: string): number | bigint | undefined {
    const value = this.value(member);
    if (value === null) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return value;
    // Writers of JSON may spell a large one with an exponent.
    if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63)
      return BigInt(value);
    throw this.#wrong(member, 'a whole number of 64 bits');
  }

  integer(member: string): number | bigint {
    return this.optionalInteger(member) ?? this.#missing(member);
  }

  optionalNumber(member: string): number | undefined {
    const value = this.optionalInteger(member);
    return value === undefined ? undefined : Number(value);
  }

  number(member: string): number {
    return this.optionalNumber(member) ?? this.#missing(member);
  }

  texts(member: string): readonly string[] | undefined {
    const value = this.value(member);
    if (value === null) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw this.#wrong(member, 'a list of texts');
  }

  optionalMap(member: string): PartitionValues | undefined {
    const value = this.value(member);
    if (value === null) return undefined;
    const entries: (readonly [string, Json])[] = Array.isArray(value)
      ? (value as readonly Json[]).map((entry) => {
          if (!isObject(entry) || typeof entry['key'] !== 'string') throw this.#wrong(member, 'a map');
          return [entry['key'], entry['value'] ?? null];
        })
      : isObject(value)
        ? Object.entries(value)
        : [];
    const map = new Map<string, string | null>();
    for (const [key, item] of entries) {
      if (typeof item === 'object' && item !== null) throw this.#wrong(member, 'a map of texts');
      // Some writers put numbers and booleans where the protocol has text; their text is what they mean.
      map.set(key, item === null ? null : String(item));
    }
    return map;
  }

  optionalTextMap(member: string): TextMap | undefined {
    const map = this.optionalMap(member);
    return map && new Map([...map].filter((entry): entry is [string, string] => entry[1] !== null));
  }

  optionalMembers(member: string): Members | undefined {
    const value = this.value(member);
    if (value === null) return undefined;
    if (isObject(value)) return new Members(`${this.name}.${member}`, value);
    throw this.#wrong(member, 'an object');
  }

  #missing(member: string): never {
    throw new MalformedAction(`${this.name}.${member} is missing`);
  }

  #wrong(member: string, expected: string): MalformedAction {
    return new MalformedAction(`${this.name}.${member} is not ${expected}`);
  }
}

/** Whether `json` is an object: neither null nor a list. */
export function isObject(json: Json): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
