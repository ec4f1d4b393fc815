/**
 * Python's `Decimal`: what numbers with a fraction are in query results.
 *
 * A whole coefficient and a power of ten, so `1.50` keeps its zero. Arithmetic keeps 28 digits and
 * rounds half to even, as Python's default context does.
 *
 * Source: General Decimal Arithmetic specification.
 */
import {
  type BinaryOperator,
  bindArguments,
  Float,
  formatValue,
  HostObject,
  hostFunction,
  isInt,
  jinjaErrors,
  type Kwargs,
  Tuple,
  toFloat,
  toInt,
  type Value,
} from '../../jinja/index.ts';
import { optionalText, own } from './arguments.ts';

const precision = 28;

/** A decimal number, or one of the three that are none: `NaN`, `Infinity`, `-Infinity`. */
export class Decimal extends HostObject {
  override readonly typeName = 'Decimal';
  readonly coefficient: bigint;
  readonly exponent: number;
  /** Set for what is no finite number. */
  readonly special: 'NaN' | 'Infinity' | '-Infinity' | undefined;

  constructor(coefficient: bigint, exponent: number, special?: 'NaN' | 'Infinity' | '-Infinity') {
    super();
    this.coefficient = coefficient;
    this.exponent = exponent;
    this.special = special;
  }

  /** The number that `text` spells. @throws jinja.value-error when it spells none. */
  static parse(text: string): Decimal {
    const trimmed = text.trim().replaceAll('_', '');
    if (/^[+-]?nan$/i.test(trimmed)) return new Decimal(0n, 0, 'NaN');
    if (/^[+-]?inf(inity)?$/i.test(trimmed)) {
      return new Decimal(0n, 0, trimmed.startsWith('-') ? '-Infinity' : 'Infinity');
    }
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(trimmed);
    const whole = match?.[2] ?? '';
    const fraction = match?.[3] ?? '';
    if (!match || whole + fraction === '') {
      throw jinjaErrors['value-error']({ problem: `'${text}' is no decimal number` });
    }
    const coefficient = BigInt(whole + fraction);
    const exponent = Number(match[4] ?? '0') - fraction.length;
    return new Decimal(match[1] === '-' ? -coefficient : coefficient, exponent);
  }

  /** A number, text or decimal as a decimal; undefined for anything else. */
  static from(value: Value): Decimal | undefined {
    if (value instanceof Decimal) return value;
    if (typeof value === 'boolean') return new Decimal(value ? 1n : 0n, 0);
    if (isInt(value)) return new Decimal(BigInt(value), 0);
    if (typeof value === 'number') return Decimal.parse(String(value));
    if (value instanceof Float) return new Decimal(BigInt(value.value), 0);
    return undefined;
  }

  get isFinite(): boolean {
    return this.special === undefined;
  }

  /** The nearest JavaScript number. */
  toNumber(): number {
    if (this.special === 'NaN') return Number.NaN;
    return Number(this.str());
  }

  /** The whole part, towards zero. */
  toBigInt(): bigint {
    if (!this.isFinite)
      throw jinjaErrors['value-error']({ problem: `cannot convert ${this.str()} to an integer` });
    return this.exponent >= 0
      ? this.coefficient * 10n ** BigInt(this.exponent)
      : this.coefficient / 10n ** BigInt(-this.exponent);
  }

  override str(): string {
    if (this.special !== undefined) return this.special;
    const sign = this.coefficient < 0n ? '-' : '';
    const digits = magnitude(this.coefficient).toString();
    const adjusted = this.exponent + digits.length - 1;
    if (this.exponent <= 0 && adjusted >= -6) {
      if (this.exponent === 0) return sign + digits;
      const padded = digits.padStart(1 - this.exponent, '0');
      const point = padded.length + this.exponent;
      return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
    }
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}E${adjusted >= 0 ? '+' : ''}${adjusted}`;
  }

  override repr(): string {
    return `Decimal('${this.str()}')`;
  }

  override truthy(): boolean {
    return this.special !== undefined || this.coefficient !== 0n;
  }

  override toJs(): unknown {
    return this.toNumber();
  }

  override equals(other: Value): boolean {
    return this.compare(other) === 0;
  }

  override hashKey(): unknown {
    if (!this.isFinite) return `\0decimal ${this.special}`;
    const { coefficient, exponent } = this.normalized();
    if (exponent >= 0) return toInt(coefficient * 10n ** BigInt(exponent));
    const near = this.toNumber();
    return this.compare(near) === 0 ? near : `\0decimal ${coefficient}E${exponent}`;
  }

  override compare(other: Value): number | undefined {
    const right = Decimal.from(other);
    if (!right || this.special === 'NaN' || right.special === 'NaN') return undefined;
    if (!this.isFinite || !right.isFinite) return Math.sign(this.toNumber() - right.toNumber()) || 0;
    const [a, b] = aligned(this, right);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  override operator(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined {
    // Python refuses to mix decimals and floats; templates are better served by the decimal.
    const operand = Decimal.from(other);
    if (!operand) return undefined;
    const [left, right] = reflected ? [operand, this] : [this, operand];
    if (!left.isFinite || !right.isFinite) return Decimal.from(computeSpecial(op, left, right));
    switch (op) {
      case '+':
        return add(left, right);
      case '-':
        return add(left, new Decimal(-right.coefficient, right.exponent));
      case '*':
        return rounded(left.coefficient * right.coefficient, left.exponent + right.exponent);
      case '/':
        return divide(left, right);
      case '//':
      case '%':
        return divideWhole(left, right)[op === '//' ? 0 : 1];
      case '**':
        return power(left, right);
      default:
        return undefined;
    }
  }

  /** Without zeros at the end of the coefficient. */
  normalized(): Decimal {
    if (!this.isFinite || this.coefficient === 0n) return this.isFinite ? new Decimal(0n, 0) : this;
    let { coefficient, exponent } = this;
    while (coefficient % 10n === 0n) {
      coefficient /= 10n;
      exponent += 1;
    }
    return new Decimal(coefficient, exponent);
  }

  /** With exactly `-exponent` digits after the point. */
  rescaled(exponent: number, rounding: string): Decimal {
    if (!this.isFinite) return this;
    const shift = this.exponent - exponent;
    if (shift >= 0) return new Decimal(this.coefficient * 10n ** BigInt(shift), exponent);
    return new Decimal(roundedDivision(this.coefficient, 10n ** BigInt(-shift), rounding), exponent);
  }

  override number(): number {
    return this.toNumber();
  }

  override round(digits: number): Value {
    return this.isFinite ? this.rescaled(-digits, 'ROUND_HALF_EVEN') : this;
  }

  override absolute(): Value {
    if (!this.isFinite) return this.special === '-Infinity' ? Decimal.parse('Infinity') : this;
    return new Decimal(magnitude(this.coefficient), this.exponent);
  }

  /** Formats ask for far fewer digits than a float keeps. */
  override format(spec: string): string {
    return formatValue(toFloat(this.toNumber()), spec);
  }

  override getAttr(name: string): Value | undefined {
    const method = own(methods, name);
    return method && hostFunction(name, (args, kwargs) => method(this, args, kwargs));
  }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [
    a.coefficient * 10n ** BigInt(a.exponent - exponent),
    b.coefficient * 10n ** BigInt(b.exponent - exponent),
    exponent,
  ];
}

function add(a: Decimal, b: Decimal): Decimal {
  const [left, right, exponent] = aligned(a, b);
  return rounded(left + right, exponent);
}

/** Keeps 28 digits. */
function rounded(coefficient: bigint, exponent: number): Decimal {
  const excess = magnitude(coefficient).toString().length - precision;
  if (excess <= 0) return new Decimal(coefficient, exponent);
  const kept = roundedDivision(coefficient, 10n ** BigInt(excess), 'ROUND_HALF_EVEN');
  return rounded(kept, exponent + excess);
}

function roundedDivision(value: bigint, divisor: bigint, rounding: string): bigint {
  const quotient = value / divisor;
  const rest = magnitude(value % divisor);
  if (rest === 0n) return quotient;
  const sign = value < 0n ? -1n : 1n;
  const twice = rest * 2n;
  const choices: Readonly<Record<string, boolean>> = {
    ROUND_HALF_EVEN: twice > divisor || (twice === divisor && quotient % 2n !== 0n),
    ROUND_HALF_UP: twice >= divisor,
    ROUND_HALF_DOWN: twice > divisor,
    ROUND_UP: true,
    ROUND_DOWN: false,
    ROUND_CEILING: sign > 0n,
    ROUND_FLOOR: sign < 0n,
  };
  const away = own(choices, rounding);
  if (away === undefined) throw jinjaErrors['value-error']({ problem: `there is no rounding '${rounding}'` });
  return away ? quotient + sign : quotient;
}

function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw jinjaErrors['zero-division']({ problem: 'decimal division by zero' });
  // Enough digits that the 28 kept are right, and a last digit that says whether anything was cut off.
  const shift = precision + 2 + magnitude(b.coefficient).toString().length;
  const scaled = a.coefficient * 10n ** BigInt(shift);
  const ideal = a.exponent - b.exponent;
  if (scaled % b.coefficient === 0n) {
    let quotient = scaled / b.coefficient;
    let exponent = ideal - shift;
    while (exponent < ideal && quotient % 10n === 0n) {
      quotient /= 10n;
      exponent += 1;
    }
    return rounded(quotient, exponent);
  }
  const sign = scaled < 0n !== b.coefficient < 0n ? -1n : 1n;
  const quotient = magnitude(scaled) / magnitude(b.coefficient);
  return rounded(sign * (quotient * 10n + 1n), ideal - shift - 1);
}

/** Quotient towards zero, and the rest with the dividend's sign. */
function divideWhole(a: Decimal, b: Decimal): [Decimal, Decimal] {
  if (b.coefficient === 0n) throw jinjaErrors['zero-division']({ problem: 'decimal division by zero' });
  const [left, right, exponent] = aligned(a, b);
  return [new Decimal(left / right, 0), rounded(left % right, exponent)];
}

function power(a: Decimal, b: Decimal): Decimal {
  if (b.exponent >= 0 || b.normalized().exponent >= 0) {
    const count = b.toBigInt();
    if (count >= 0n && count <= 999n) return rounded(a.coefficient ** count, a.exponent * Number(count));
  }
  return Decimal.parse(String(a.toNumber() ** b.toNumber()));
}

function computeSpecial(op: BinaryOperator, a: Decimal, b: Decimal): number {
  const [left, right] = [a.toNumber(), b.toNumber()];
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      return left / right;
  }
}

type Method = (decimal: Decimal, args: readonly Value[], kwargs: Kwargs) => Value;

const methods: Readonly<Record<string, Method>> = {
  quantize: (d, args, kwargs) => {
    const { values } = bindArguments('quantize', ['exp', ['rounding', null]], args, kwargs);
    const like = Decimal.from(values[0] ?? null);
    if (!like) throw jinjaErrors['type-error']({ problem: 'quantize() needs a decimal' });
    return d.rescaled(like.exponent, optionalText('rounding', values[1]) ?? 'ROUND_HALF_EVEN');
  },
  to_integral_value: (d) => (d.exponent >= 0 ? d : d.rescaled(0, 'ROUND_HALF_EVEN')),
  to_integral: (d) => (d.exponent >= 0 ? d : d.rescaled(0, 'ROUND_HALF_EVEN')),
  normalize: (d) => d.normalized(),
  copy_abs: (d) => new Decimal(magnitude(d.coefficient), d.exponent),
  copy_negate: (d) => new Decimal(-d.coefficient, d.exponent),
  sqrt: (d) => Decimal.parse(String(Math.sqrt(d.toNumber()))),
  is_nan: (d) => d.special === 'NaN',
  is_infinite: (d) => !d.isFinite && d.special !== 'NaN',
  is_finite: (d) => d.isFinite,
  is_zero: (d) => d.isFinite && d.coefficient === 0n,
  is_signed: (d) => d.coefficient < 0n || d.special === '-Infinity',
  adjusted: (d) => d.exponent + magnitude(d.coefficient).toString().length - 1,
  as_tuple: (d) =>
    new Tuple([
      d.coefficient < 0n ? 1 : 0,
      new Tuple([...magnitude(d.coefficient).toString()].map(Number)),
      d.exponent,
    ]),
  as_integer_ratio: (d) => {
    const { coefficient, exponent } = d.normalized();
    if (exponent >= 0) return new Tuple([toInt(coefficient * 10n ** BigInt(exponent)), 1]);
    const denominator = 10n ** BigInt(-exponent);
    const common = greatestCommonDivisor(magnitude(coefficient), denominator);
    return new Tuple([toInt(coefficient / common), toInt(denominator / common)]);
  },
};

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
