/** The values of options, wherever they came from: command line before environment. */
import { cliErrors } from './errors.ts';

/** Read-only access to option values by their camelCase name. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** A text. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return value === undefined || value === null ? undefined : String(value);
  }

  /** Every text of an option that may be repeated. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#values[name];
    if (value === undefined) return undefined;
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }

  /** Whether a switch is on; undefined when nobody said. */
  is(name: string): boolean | undefined {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : undefined;
  }

  /** A number. */
  number(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' ? value : undefined;
  }
}

/** `text` as a switch, in the words that dbt takes from the environment. @throws cli.bad-value */
export function parseSwitch(option: string, text: string): boolean {
  switch (text.trim().toLowerCase()) {
    case '1':
    case 'true':
    case 't':
    case 'yes':
    case 'y':
    case 'on':
      return true;
    case '0':
    case 'false':
    case 'f':
    case 'no':
    case 'n':
    case 'off':
      return false;
    default:
      throw cliErrors['bad-value']({ option, value: text, expected: 'true or false' });
  }
}

/** `text` as a whole number from `least`. @throws cli.bad-value */
export function parseCount(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text.trim()) || value < least) {
    throw cliErrors['bad-value']({ option, value: text, expected: `a whole number, ${least} or more` });
  }
  return value;
}

/** `name=value` pairs. @throws cli.bad-value */
export function pairsOf(
  option: string,
  given: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (given ?? []).map((pair) => {
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim();
      if (at < 0 || name === '')
        throw cliErrors['bad-value']({ option, value: pair, expected: 'a name=value' });
      return [name, pair.slice(at + 1).trim()];
    }),
  );
}

/** `text` as a port of TCP, 0 to 65535. @throws cli.bad-value */
export function parsePort(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value > 65_535) {
    throw cliErrors['bad-value']({ option, value: text, expected: 'a port, 0 to 65535' });
  }
  return value;
}
