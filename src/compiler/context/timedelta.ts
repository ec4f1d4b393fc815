/** Python's `datetime.timedelta`: a length of time, exact to the microsecond. */
import {
  type BinaryOperator,
  bindArguments,
  HostObject,
  hostFunction,
  isFloat,
  isInt,
  isNumeric,
  jinjaErrors,
  type Kwargs,
  toFloat,
  toInt,
  type Value,
} from '../../jinja/index.ts';
import { requiredNumber } from './arguments.ts';

const microsPerDay = 86_400_000_000n;

/** A length of time. */
export class Timedelta extends HostObject {
  override readonly typeName = 'timedelta';
  /** The whole of it, in microseconds. */
  readonly micros: bigint;

  constructor(micros: bigint) {
    super();
    this.micros = micros;
  }

  /** Whole days, rounded down; may be negative. */
  get days(): bigint {
    return floorDivide(this.micros, microsPerDay);
  }

  get seconds(): number {
    return Number((this.micros - this.days * microsPerDay) / 1_000_000n);
  }

  get microseconds(): number {
    return Number((this.micros - this.days * microsPerDay) % 1_000_000n);
  }

  override str(): string {
    const { days, seconds, microseconds } = this;
    const two = (n: number): string => String(n).padStart(2, '0');
    const clock = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    const fraction = microseconds === 0 ? '' : `.${String(microseconds).padStart(6, '0')}`;
    const dayPart = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `;
    return dayPart + clock + fraction;
  }

  override repr(): string {
    const parts = [
      ['days', this.days],
      ['seconds', this.seconds],
      ['microseconds', this.microseconds],
    ].filter(([, n]) => Number(n) !== 0);
    return `datetime.timedelta(${parts.map(([name, n]) => `${name}=${n}`).join(', ') || '0'})`;
  }

  override truthy(): boolean {
    return this.micros !== 0n;
  }

  override equals(other: Value): boolean {
    return other instanceof Timedelta && other.micros === this.micros;
  }

  override hashKey(): unknown {
    return `\0timedelta ${this.micros}`;
  }

  override compare(other: Value): number | undefined {
    if (!(other instanceof Timedelta)) return undefined;
    return this.micros < other.micros ? -1 : this.micros > other.micros ? 1 : 0;
  }

  override operator(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof Timedelta) {
      const [left, right] = reflected ? [other.micros, this.micros] : [this.micros, other.micros];
      if (op === '+') return new Timedelta(left + right);
      if (op === '-') return new Timedelta(left - right);
      if (right === 0n) throw jinjaErrors['zero-division']({ problem: 'division by a timedelta of nothing' });
      if (op === '/') return toFloat(Number(left) / Number(right));
      if (op === '//') return toInt(floorDivide(left, right));
      if (op === '%') return new Timedelta(left - floorDivide(left, right) * right);
      return undefined;
    }
    if (!isNumeric(other)) return undefined;
    const factor = requiredNumber('factor', other);
    if (op === '*') {
      return new Timedelta(
        isFloat(other) ? roundHalfEven(Number(this.micros) * factor) : this.micros * BigInt(factor),
      );
    }
    if (reflected || (op !== '/' && op !== '//')) return undefined;
    if (factor === 0) throw jinjaErrors['zero-division']({ problem: 'division of a timedelta by zero' });
    if (op === '//')
      return isInt(other) ? new Timedelta(floorDivide(this.micros, BigInt(factor))) : undefined;
    return new Timedelta(roundHalfEven(Number(this.micros) / factor));
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'days':
        return toInt(this.days);
      case 'seconds':
        return this.seconds;
      case 'microseconds':
        return this.microseconds;
      case 'total_seconds':
        return hostFunction(name, () => toFloat(Number(this.micros) / 1e6));
      default:
        return undefined;
    }
  }
}

/** `timedelta(days=…, seconds=…, …)`. */
export function makeTimedelta(args: readonly Value[], kwargs: Kwargs): Timedelta {
  const units = ['days', 'seconds', 'microseconds', 'milliseconds', 'minutes', 'hours', 'weeks'] as const;
  const { values } = bindArguments(
    'timedelta',
    units.map((unit) => [unit, 0] as const),
    args,
    kwargs,
  );
  let whole = 0n;
  let rest = 0;
  units.forEach((unit, i) => {
    const amount = requiredNumber(unit, values[i]);
    const floor = Math.trunc(amount);
    whole += BigInt(floor) * microsOf[unit];
    rest += (amount - floor) * Number(microsOf[unit]);
  });
  return new Timedelta(whole + roundHalfEven(rest));
}

const microsOf = {
  days: microsPerDay,
  seconds: 1_000_000n,
  microseconds: 1n,
  milliseconds: 1000n,
  minutes: 60_000_000n,
  hours: 3_600_000_000n,
  weeks: 7n * microsPerDay,
} as const;

/** `a // b` for whole numbers. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function roundHalfEven(value: number): bigint {
  const floor = Math.floor(value);
  const fraction = value - floor;
  const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0);
  return BigInt(up ? floor + 1 : floor);
}
