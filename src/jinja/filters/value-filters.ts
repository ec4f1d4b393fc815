/** Filters on numbers and on any value, JSON and dbt's markers for YAML. */
import { jinjaErrors } from '../errors.ts';
import { needInt } from '../methods/arguments.ts';
import { methodOf } from '../methods/index.ts';
import { getAttribute } from '../python/access.ts';
import { negative } from '../python/arithmetic.ts';
import { numberOf, textOf, truth } from '../python/comparing.ts';
import { fixedBody } from '../python/format-spec.ts';
import { floatOf, intOf } from '../python/number-parsing.ts';
import { str } from '../python/printing.ts';
import { typeName } from '../python/type-name.ts';
import { undefinedError } from '../python/undefined-error.ts';
import { Marked } from '../render/native.ts';
import { Float, isFloat, toFloat } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { SafeText } from '../values/safe-text.ts';
import { orUndefined, Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { defineFilter, type Filter } from './filter.ts';
import { toJson } from './json.ts';

function round(value: Value, precision: number, method: Value): Value {
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw jinjaErrors['value-error']({ problem: 'method must be common, ceil or floor' });
  }
  if (value instanceof Undefined) throw undefinedError(value);
  if (value instanceof HostObject && value.round && method === 'common') return value.round(precision);
  const number = numberOf(value) ?? (value instanceof HostObject ? value.number?.() : undefined);
  if (number === undefined) {
    throw jinjaErrors['type-error']({ problem: `type ${typeName(value)} doesn't define __round__ method` });
  }
  if (method !== 'common') {
    const scale = 10 ** precision;
    const whole = method === 'ceil' ? Math.ceil(Number(number) * scale) : Math.floor(Number(number) * scale);
    return toFloat(whole / scale);
  }
  return isFloat(value) ? toFloat(roundFloat(Number(number), precision)) : roundInt(number, precision);
}

/** To `precision` digits, halves to even on the true binary value, as Python does. */
function roundFloat(value: number, precision: number): number {
  if (!Number.isFinite(value)) return value;
  if (precision < 0) {
    const scale = 10 ** -precision;
    return Number(fixedBody(Math.abs(value) / scale, 0)) * scale * Math.sign(value);
  }
  const size = Number(fixedBody(Math.abs(value), Math.min(precision, 100)));
  return value < 0 || Object.is(value, -0) ? -size : size;
}

function roundInt(value: number | bigint, precision: number): Value {
  if (precision >= 0) return value;
  const scale = 10n ** BigInt(-precision);
  const whole = BigInt(value);
  const below = ((whole % scale) + scale) % scale;
  const base = whole - below;
  const up = below * 2n > scale || (below * 2n === scale && (base / scale) % 2n !== 0n);
  const result = up ? base + scale : base;
  return Number.isSafeInteger(Number(result)) ? Number(result) : result;
}

function toIntFilter(value: Value, fallback: Value, base: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const text = textOf(value);
  if (text !== undefined) return intOf(text, needInt(base)) ?? floorOf(floatOf(text)) ?? fallback;
  if (value instanceof HostObject) return floorOf(floatOf(value.str())) ?? fallback;
  const number = numberOf(value);
  if (number === undefined) return fallback;
  return typeof number === 'bigint' ? number : (floorOf(number) ?? fallback);
}

function floorOf(value: number | undefined): Value | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 || 0 : BigInt(whole);
}

function toFloatFilter(value: Value, fallback: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const text = textOf(value) ?? (value instanceof HostObject ? value.str() : undefined);
  const number = text === undefined ? numberOf(value) : floatOf(text);
  return number === undefined ? fallback : toFloat(Number(number));
}

function marker(kind: 'text' | 'bool' | 'number' | 'native'): readonly [string, Filter] {
  return defineFilter(`as_${kind}`, [], (value, _values, frame) =>
    frame.render.isNative ? new Marked(kind, str(value)) : value,
  );
}

const orElse = (value: Value, [fallback = '', boolean = false]: readonly Value[]): Value =>
  value instanceof Undefined || (truth(boolean) && !truth(value)) ? fallback : value;

/** Filters on any value, by name. */
export const valueFilters: readonly (readonly [string, Filter])[] = [
  defineFilter(
    'default',
    [
      ['default_value', ''],
      ['boolean', false],
    ],
    orElse,
  ),
  defineFilter(
    'd',
    [
      ['default_value', ''],
      ['boolean', false],
    ],
    orElse,
  ),
  defineFilter('abs', [], (value) => {
    if (value instanceof Undefined) throw undefinedError(value);
    if (value instanceof HostObject && value.absolute) return value.absolute();
    const number = numberOf(value);
    if (number === undefined)
      throw jinjaErrors['type-error']({ problem: `bad operand type for abs(): '${typeName(value)}'` });
    if (value instanceof Float) return toFloat(Math.abs(value.value));
    return number < 0 ? negative(number) : number;
  }),
  defineFilter(
    'round',
    [
      ['precision', 0],
      ['method', 'common'],
    ],
    (value, [precision = 0, method = 'common']) => round(value, needInt(precision), method),
  ),
  defineFilter(
    'int',
    [
      ['default', 0],
      ['base', 10],
    ],
    (value, [fallback = 0, base = 10]) => toIntFilter(value, fallback, base),
  ),
  defineFilter('float', [['default', new Float(0)]], (value, [fallback = new Float(0)]) =>
    toFloatFilter(value, fallback),
  ),
  defineFilter('attr', ['name'], (value, [name = ''], frame) => {
    if (value instanceof Undefined) return getAttribute(value, str(name), frame.render.undefinedMode);
    const found = value instanceof HostObject ? value.getAttr(str(name)) : methodOf(value, str(name));
    return orUndefined(found, frame.render.undefinedMode, str(name), value);
  }),
  defineFilter('tojson', [['indent', null]], (value, [indent = null]) => {
    const json = toJson(value, { sortKeys: true, indent: indent === null ? undefined : needInt(indent) });
    const escapes: Readonly<Record<string, string>> = {
      '<': '\\u003c',
      '>': '\\u003e',
      '&': '\\u0026',
      "'": '\\u0027',
    };
    return new SafeText(json.replace(/[<>&']/g, (c) => escapes[c] ?? c));
  }),
  marker('text'),
  marker('bool'),
  marker('number'),
  marker('native'),
];
