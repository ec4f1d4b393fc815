/** `tojson`, `fromjson`, `toyaml`, `fromyaml`: data as text and back, as Python's libraries write it. */
import { isBoathouseError } from '../../base/index.ts';
import {
  bindArguments,
  Dict,
  Float,
  hostFunction,
  jinjaErrors,
  PySet,
  repr,
  SafeText,
  Tuple,
  toFloat,
  toInt,
  Undefined,
  type Value,
} from '../../jinja/index.ts';
import { asValue, parseYaml, YamlDate, yamlLibrary } from '../../project/index.ts';
import { compilerErrors } from '../errors.ts';
import { fromPlain, toPlain } from '../plain-values.ts';
import { optionalBoolean, requiredText, typeNameOf } from './arguments.ts';
import { PyDate, PyDateTime } from './date-time.ts';

/** The four functions by name. */
export const dataFunctions: Readonly<Record<string, Value>> = {
  tojson: hostFunction('tojson', (args, kwargs) => {
    const { values } = bindArguments(
      'tojson',
      ['value', ['default', null], ['sort_keys', false]],
      args,
      kwargs,
    );
    return printPythonJson(values[0] ?? null, optionalBoolean('sort_keys', values[2]) ?? false);
  }),
  fromjson: hostFunction('fromjson', (args, kwargs) => {
    const { values } = bindArguments('fromjson', ['string', ['default', null]], args, kwargs);
    try {
      return parsePythonJson(requiredText('string', values[0]));
    } catch (error) {
      if (error instanceof SyntaxError) return values[1] ?? null;
      throw error;
    }
  }),
  toyaml: hostFunction('toyaml', (args, kwargs) => {
    const { values } = bindArguments(
      'toyaml',
      ['value', ['default', null], ['sort_keys', false]],
      args,
      kwargs,
    );
    return yamlLibrary().stringify(toPlain(values[0] ?? null), {
      version: '1.1',
      indentSeq: false,
      lineWidth: 0,
      singleQuote: true,
      sortMapEntries: optionalBoolean('sort_keys', values[2]) ?? false,
    });
  }),
  fromyaml: hostFunction('fromyaml', (args, kwargs, call) => {
    const { values } = bindArguments('fromyaml', ['value', ['default', null]], args, kwargs);
    try {
      return withDates(asValue(parseYaml(requiredText('value', values[0]), 'fromyaml').value));
    } catch (cause) {
      if (!isBoathouseError(cause, 'project.bad-yaml')) throw cause;
      throw compilerErrors['render-failed'](
        { what: 'fromyaml', problem: cause.message },
        { location: call.location, cause },
      );
    }
  }),
};

/** The value with YAML's dates as Python's: a date alone, or a time in UTC. */
function withDates(value: Value): Value {
  if (Array.isArray(value)) return value.map(withDates);
  if (value instanceof Dict) {
    return new Dict([...value.entries()].map(([key, item]) => [withDates(key), withDates(item)]));
  }
  if (!(value instanceof YamlDate)) return value;
  if (value.timeMicros === undefined) return new PyDate(value.year, value.month, value.day);
  const midnightMs = Date.UTC(value.year, value.month - 1, value.day);
  const offsetMs = (value.offsetMinutes ?? 0) * 60_000;
  return PyDateTime.ofLocal(BigInt(midnightMs - offsetMs) * 1000n + BigInt(value.timeMicros));
}

/** JSON as Python's `json.dumps` writes it: a space after `,` and `:`, and everything in ASCII. */
export function printPythonJson(value: Value, sortKeys = false): string {
  const print = (item: Value): string => {
    if (item === null) return 'null';
    if (typeof item === 'string') return asciiJson(item);
    if (item instanceof SafeText) return asciiJson(item.text);
    if (typeof item === 'boolean' || typeof item === 'bigint') return String(item);
    if (typeof item === 'number') return Number.isSafeInteger(item) ? String(item) : printJsonFloat(item);
    if (item instanceof Float) return printJsonFloat(item.value);
    if (Array.isArray(item)) return `[${item.map(print).join(', ')}]`;
    if (item instanceof Tuple) return `[${item.items.map(print).join(', ')}]`;
    if (item instanceof Dict) {
      const entries = [...item.entries()].map(([key, entry]) => [keyText(key), print(entry)] as const);
      if (sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return `{${entries.map(([key, text]) => `${asciiJson(key)}: ${text}`).join(', ')}}`;
    }
    if (!(item instanceof PySet) && !(item instanceof Undefined)) {
      const plain = item.toJs?.();
      if (plain !== undefined && plain !== item) return print(fromPlain(plain));
    }
    throw jinjaErrors['type-error']({
      problem: `Object of type ${typeNameOf(item)} is not JSON serializable`,
    });
  };
  return print(value);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean' || typeof key === 'number' || typeof key === 'bigint') return String(key);
  throw jinjaErrors['type-error']({ problem: `keys of JSON must be text, not ${typeNameOf(key)}` });
}

function printJsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return repr(toFloat(value));
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON with whole numbers kept exact, and `1.0` a float. @throws SyntaxError */
function parsePythonJson(text: string): Value {
  // Numbers are marked before JSON.parse can round them.
  const marked = text.replace(
    /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g,
    (_, quoted: string | undefined, number: string | undefined) =>
      quoted === undefined ? JSON.stringify(`${numberMark}${number}`) : quoted,
  );
  const revive = (data: unknown): Value => {
    if (typeof data === 'string' && data.startsWith(numberMark)) {
      const number = data.slice(numberMark.length);
      return /^-?\d+$/.test(number) ? toInt(BigInt(number)) : toFloat(Number(number));
    }
    if (Array.isArray(data)) return data.map(revive);
    if (data !== null && typeof data === 'object') {
      return new Dict(Object.entries(data).map(([key, item]) => [key, revive(item)]));
    }
    return data as Value;
  };
  return revive(JSON.parse(marked));
}

const numberMark = '\0number:';
