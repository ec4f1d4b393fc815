/** Python's arithmetic: ints of any size, floats that stay floats, floor division, sequences that add and repeat. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { Float, isFloat, isInt, toFloat, toInt } from '../values/float.ts';
import { type BinaryOperator, HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { escapeHtml, SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { numberOf, textOf } from './comparing.ts';
import { formatPercent } from './percent-format.ts';
import { str } from './printing.ts';
import { typeName } from './type-name.ts';
import { undefinedError } from './undefined-error.ts';

/** `a op b`. @throws jinja.type-error, jinja.zero-division, jinja.undefined, jinja.limit */
export function binary(op: BinaryOperator, a: Value, b: Value): Value {
  if (op === '+') {
    if (typeof a === 'string' && typeof b === 'string') return a + b;
    if (
      typeof a === 'number' &&
      typeof b === 'number' &&
      Number.isSafeInteger(a) &&
      Number.isSafeInteger(b)
    ) {
      const sum = a + b;
      if (Number.isSafeInteger(sum)) return sum;
    }
  }
  if (a instanceof Undefined) throw undefinedError(a);
  if (op === '%' && (typeof a === 'string' || a instanceof SafeText)) return percent(a, b);
  if (b instanceof Undefined) throw undefinedError(b);
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== undefined && y !== undefined) {
    return isFloat(a) || isFloat(b) || op === '/'
      ? floatOperation(op, Number(x), Number(y), a, b)
      : intOperation(op, x, y);
  }
  if (a instanceof HostObject) {
    const result = a.operator?.(op, b, false);
    if (result !== undefined) return result;
  }
  if (b instanceof HostObject) {
    const result = b.operator?.(op, a, true);
    if (result !== undefined) return result;
  }
  const result = sequenceOperation(op, a, b);
  if (result !== undefined) return result;
  throw noOperator(op, a, b);
}

function noOperator(op: BinaryOperator, a: Value, b: Value): Error {
  const [x, y] = [typeName(a), typeName(b)];
  if (op === '+' && x === 'str') {
    return jinjaErrors['type-error']({ problem: `can only concatenate str (not "${y}") to str` });
  }
  return jinjaErrors['type-error']({
    problem: `unsupported operand type(s) for ${op === '**' ? '** or pow()' : op}: '${x}' and '${y}'`,
  });
}

function intOperation(op: BinaryOperator, x: number | bigint, y: number | bigint): Value {
  if (typeof x === 'number' && typeof y === 'number') {
    const quick = smallIntOperation(op, x, y);
    if (quick !== undefined) return quick;
  }
  const [a, b] = [BigInt(x), BigInt(y)];
  switch (op) {
    case '+':
      return toInt(a + b);
    case '-':
      return toInt(a - b);
    case '*':
      return toInt(a * b);
    case '**':
      return intPower(a, b);
    case '%':
    case '//': {
      if (b === 0n) throw zeroDivision(op);
      const remainder = a % b;
      const wraps = remainder !== 0n && remainder < 0n !== b < 0n;
      if (op === '%') return toInt(wraps ? remainder + b : remainder);
      return toInt(wraps ? a / b - 1n : a / b);
    }
    default:
      return floatOperation(op, Number(x), Number(y), 0, 0);
  }
}

/** Undefined when the result may not be exact, so that bigints must decide. */
function smallIntOperation(op: BinaryOperator, x: number, y: number): Value | undefined {
  let result: number;
  switch (op) {
    case '+':
      result = x + y;
      break;
    case '-':
      result = x - y;
      break;
    case '*':
      result = x * y;
      break;
    case '//':
      if (y === 0) throw zeroDivision(op);
      // The quotient as a double can round up to a whole number; the remainder decides exactly.
      result = (x - (((x % y) + y) % y)) / y;
      break;
    case '%':
      if (y === 0) throw zeroDivision(op);
      result = x % y;
      if (result !== 0 && result < 0 !== y < 0) result += y;
      break;
    default:
      return undefined;
  }
  return Number.isSafeInteger(result) ? result + 0 || 0 : undefined;
}

function intPower(base: bigint, exponent: bigint): Value {
  if (exponent < 0n) {
    if (base === 0n)
      throw jinjaErrors['zero-division']({ problem: '0.0 cannot be raised to a negative power' });
    return toFloat(Number(base) ** Number(exponent));
  }
  const bits = BigInt(base.toString(2).length) * exponent;
  if (base > 1n && bits > BigInt(limits.integerBits)) {
    throw jinjaErrors.limit({ what: 'the size of a number', max: limits.integerBits });
  }
  if (base < -1n && bits > BigInt(limits.integerBits)) {
    throw jinjaErrors.limit({ what: 'the size of a number', max: limits.integerBits });
  }
  return toInt(base ** exponent);
}

function floatOperation(op: BinaryOperator, x: number, y: number, a: Value, b: Value): Value {
  switch (op) {
    case '+':
      return toFloat(x + y);
    case '-':
      return toFloat(x - y);
    case '*':
      return toFloat(x * y);
    case '/':
      if (y === 0) throw zeroDivision(isFloat(a) || isFloat(b) ? 'float /' : '/');
      return toFloat(x / y);
    case '//': {
      if (y === 0) throw zeroDivision('float //');
      const quotient = (x - floatModulo(x, y)) / y;
      return toFloat(
        Math.floor(quotient + 0.5) - quotient > 0.5 ? Math.floor(quotient) : Math.round(quotient),
      );
    }
    case '%':
      if (y === 0) throw zeroDivision('float %');
      return toFloat(floatModulo(x, y));
    default:
      if (x === 0 && y < 0) {
        throw jinjaErrors['zero-division']({ problem: '0.0 cannot be raised to a negative power' });
      }
      return toFloat(x ** y);
  }
}

function floatModulo(x: number, y: number): number {
  if (!Number.isFinite(y)) return Number.isFinite(x) && x !== 0 && x < 0 !== y < 0 ? y : x;
  const remainder = x % y;
  if (remainder === 0) return y < 0 ? -0 : 0;
  return remainder < 0 !== y < 0 ? remainder + y : remainder;
}

function zeroDivision(op: string): Error {
  const problems: Readonly<Record<string, string>> = {
    '//': 'integer division or modulo by zero',
    '%': 'integer modulo by zero',
    'float //': 'float floor division by zero',
    'float %': 'float modulo by zero',
    'float /': 'float division by zero',
  };
  return jinjaErrors['zero-division']({ problem: problems[op] ?? 'division by zero' });
}

function sequenceOperation(op: BinaryOperator, a: Value, b: Value): Value | undefined {
  if (op === '+') {
    if (Array.isArray(a) && Array.isArray(b)) return checkedLength([...a, ...b]);
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
    const [x, y] = [textOf(a), textOf(b)];
    if (x !== undefined && y !== undefined) {
      return new SafeText(
        (a instanceof SafeText ? x : escapeHtml(x)) + (b instanceof SafeText ? y : escapeHtml(y)),
      );
    }
  }
  if (op === '-' && a instanceof PySet && b instanceof PySet)
    return new PySet([...a].filter((m) => !b.has(m)));
  if (op === '*') {
    if (isCount(b)) return repeat(a, b);
    if (isCount(a)) return repeat(b, a);
  }
  return undefined;
}

function isCount(value: Value): value is number | bigint | boolean {
  return isInt(value) || typeof value === 'boolean';
}

function repeat(sequence: Value, count: number | bigint | boolean): Value | undefined {
  const times = Math.max(0, Number(count));
  const text = textOf(sequence);
  if (text !== undefined) {
    if (text.length * times > limits.outputLength)
      throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
    return sequence instanceof SafeText ? new SafeText(text.repeat(times)) : text.repeat(times);
  }
  const items = Array.isArray(sequence) ? sequence : sequence instanceof Tuple ? sequence.items : undefined;
  if (!items) return undefined;
  if (items.length * times > limits.listLength)
    throw jinjaErrors.limit({ what: 'the length of a list', max: limits.listLength });
  const repeated: Value[] = [];
  for (let i = 0; i < times && items.length > 0; i += 1) repeated.push(...items);
  return Array.isArray(sequence) ? repeated : new Tuple(repeated);
}

/** `list` itself. @throws jinja.limit when it grew past what a template may hold */
export function checkedLength(list: Value[]): Value[] {
  if (list.length > limits.listLength)
    throw jinjaErrors.limit({ what: 'the length of a list', max: limits.listLength });
  return list;
}

function percent(a: string | SafeText, b: Value): Value {
  if (typeof a === 'string') return formatPercent(a, b, false);
  return new SafeText(formatPercent(a.text, b, true));
}

/** `-value`. */
export function negative(value: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  if (value instanceof Float) return toFloat(-value.value);
  const number = numberOf(value);
  if (number === undefined) {
    const result = value instanceof HostObject ? value.operator?.('*', -1, false) : undefined;
    if (result !== undefined) return result;
    throw jinjaErrors['type-error']({ problem: `bad operand type for unary -: '${typeName(value)}'` });
  }
  return typeof number === 'bigint' ? toInt(-number) : number === 0 ? 0 : -number;
}

/** `+value`. */
export function positive(value: Value): Value {
  if (value instanceof Undefined) throw undefinedError(value);
  const number = numberOf(value);
  if (number === undefined) {
    if (value instanceof HostObject && value.operator) return value;
    throw jinjaErrors['type-error']({ problem: `bad operand type for unary +: '${typeName(value)}'` });
  }
  return value instanceof Float ? value : number;
}

/** `a ~ b ~ …` while escaping: safe text, made of what isn't safe by escaping it. */
export function concatSafe(parts: readonly Value[]): Value {
  return new SafeText(
    parts.map((part) => (part instanceof SafeText ? part.text : escapeHtml(str(part)))).join(''),
  );
}
