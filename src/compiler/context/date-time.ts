/** Python's `date`, `time` and `datetime` as templates see them. */
import {
  type BinaryOperator,
  Callable,
  HostObject,
  hostCall,
  hostFunction,
  jinjaErrors,
  noKwargs,
  Tuple,
  toFloat,
  type Value,
} from '../../jinja/index.ts';
import { own } from './arguments.ts';
import { dateOf, daysInMonth, daysOf, epochOrdinal, isoWeek, weekdayOf } from './calendar.ts';
import { dateMethods, dateTimeMethods, timeMethods } from './date-time-methods.ts';
import { printOffset, type TimeZone } from './time-zone.ts';
import { floorDivide, Timedelta } from './timedelta.ts';

const microsPerDay = 86_400_000_000n;
const two = (n: number): string => String(n).padStart(2, '0');

/** A day. */
export class PyDate extends HostObject {
  override readonly typeName: string = 'date';
  readonly year: number;
  readonly month: number;
  readonly day: number;

  /** @throws jinja.value-error when there is no such day. */
  constructor(year: number, month: number, day: number) {
    super();
    checkRange('year', year, 1, 9999);
    checkRange('month', month, 1, 12);
    checkRange('day', day, 1, daysInMonth(year, month));
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** The day that is `days` after 1970-01-01. */
  static ofDays(days: number): PyDate {
    const { year, month, day } = dateOf(days);
    return new PyDate(year, month, day);
  }

  /** Days after 1970-01-01. */
  get days(): number {
    return daysOf(this.year, this.month, this.day);
  }

  override str(): string {
    return `${String(this.year).padStart(4, '0')}-${two(this.month)}-${two(this.day)}`;
  }

  override repr(): string {
    return `datetime.date(${this.year}, ${this.month}, ${this.day})`;
  }

  override equals(other: Value): boolean {
    return other instanceof PyDate && !(other instanceof PyDateTime) && other.days === this.days;
  }

  override hashKey(): unknown {
    return `\0date ${this.days}`;
  }

  override compare(other: Value): number | undefined {
    return other instanceof PyDate && !(other instanceof PyDateTime) ? this.days - other.days : undefined;
  }

  override operator(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof Timedelta) {
      if (op === '+') return PyDate.ofDays(this.days + Number(other.days));
      if (op === '-' && !reflected) return PyDate.ofDays(this.days - Number(other.days));
    }
    if (op === '-' && !reflected && other instanceof PyDate && !(other instanceof PyDateTime)) {
      return new Timedelta(BigInt(this.days - other.days) * microsPerDay);
    }
    return undefined;
  }

  override format(spec: string): string {
    const strftime = this.getAttr('strftime');
    return strftime instanceof Callable ? String(strftime.call([spec], noKwargs, hostCall())) : this.str();
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'year':
        return this.year;
      case 'month':
        return this.month;
      case 'day':
        return this.day;
      default: {
        const method = own(dateMethods, name);
        return method && hostFunction(name, (args, kwargs) => method(this, args, kwargs));
      }
    }
  }

  /** Year, week and day of the week, as ISO 8601 counts. */
  isoCalendar(): Tuple {
    const { year, week, weekday } = isoWeek(this.days);
    return new Tuple([year, week, weekday]);
  }

  get weekday(): number {
    return weekdayOf(this.days);
  }

  get ordinal(): number {
    return this.days + epochOrdinal;
  }
}

/** A time of day, perhaps in a zone. */
export class PyTime extends HostObject {
  override readonly typeName = 'time';
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
  readonly zone: TimeZone | null;

  /** @throws jinja.value-error when there is no such time. */
  constructor(hour = 0, minute = 0, second = 0, micro = 0, zone: TimeZone | null = null) {
    super();
    checkClock(hour, minute, second, micro);
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.micro = micro;
    this.zone = zone;
  }

  get micros(): bigint {
    return BigInt((this.hour * 60 + this.minute) * 60 + this.second) * 1_000_000n + BigInt(this.micro);
  }

  override str(): string {
    const offset = this.zone === null ? '' : printOffset(this.zone.offsetAtLocal(0n), ':');
    return clockText(this.hour, this.minute, this.second, this.micro) + offset;
  }

  override repr(): string {
    return `datetime.time(${clockArguments(this)}${this.zone ? `, tzinfo=${this.zone.repr?.() ?? this.zone.str()}` : ''})`;
  }

  override equals(other: Value): boolean {
    return other instanceof PyTime && other.micros === this.micros;
  }

  override hashKey(): unknown {
    return `\0time ${this.micros}`;
  }

  override compare(other: Value): number | undefined {
    return other instanceof PyTime ? Number(this.micros - other.micros) : undefined;
  }

  override getAttr(name: string): Value | undefined {
    const part = clockPart(this, name);
    if (part !== undefined) return part;
    const method = own(timeMethods, name);
    return method && hostFunction(name, (args, kwargs) => method(this, args, kwargs));
  }
}

/** A day and a time, perhaps in a zone. */
export class PyDateTime extends PyDate {
  override readonly typeName = 'datetime';
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
  readonly zone: TimeZone | null;

  /** @throws jinja.value-error when there is no such time. */
  constructor(
    year: number,
    month: number,
    day: number,
    hour = 0,
    minute = 0,
    second = 0,
    micro = 0,
    zone: TimeZone | null = null,
  ) {
    super(year, month, day);
    checkClock(hour, minute, second, micro);
    this.hour = hour;
    this.minute = minute;
    this.second = second;
    this.micro = micro;
    this.zone = zone;
  }

  /** @param localMicros microseconds after 1970-01-01T00:00 on the clock of `zone`. */
  static ofLocal(localMicros: bigint, zone: TimeZone | null = null): PyDateTime {
    const days = floorDivide(localMicros, microsPerDay);
    const { year, month, day } = dateOf(Number(days));
    const rest = localMicros - days * microsPerDay;
    const seconds = Number(rest / 1_000_000n);
    return new PyDateTime(
      year,
      month,
      day,
      Math.floor(seconds / 3600),
      Math.floor(seconds / 60) % 60,
      seconds % 60,
      Number(rest % 1_000_000n),
      zone,
    );
  }

  /** An instant as the clock of `zone` shows it. */
  static ofInstant(utcMicros: bigint, zone: TimeZone): PyDateTime {
    return PyDateTime.ofLocal(utcMicros + zone.offsetAtInstant(utcMicros), zone);
  }

  /** Microseconds after 1970-01-01T00:00 on its own clock. */
  get localMicros(): bigint {
    const seconds = (this.hour * 60 + this.minute) * 60 + this.second;
    return BigInt(this.days) * microsPerDay + BigInt(seconds) * 1_000_000n + BigInt(this.micro);
  }

  /** How far its clock is ahead of UTC; null without a zone. */
  get offset(): bigint | null {
    return this.zone?.offsetAtLocal(this.localMicros) ?? null;
  }

  /** The instant; a datetime without a zone counts as UTC. */
  get utcMicros(): bigint {
    return this.localMicros - (this.offset ?? 0n);
  }

  /** The same clock reading in another zone. */
  inZone(zone: TimeZone | null): PyDateTime {
    return PyDateTime.ofLocal(this.localMicros, zone);
  }

  /** The same instant in another zone. */
  atZone(zone: TimeZone): PyDateTime {
    return PyDateTime.ofInstant(this.utcMicros, zone);
  }

  override str(): string {
    return this.isoText(' ');
  }

  /** ISO 8601 with `separator` between day and time. */
  isoText(separator: string): string {
    const { offset } = this;
    return (
      super.str() +
      separator +
      clockText(this.hour, this.minute, this.second, this.micro) +
      (offset === null ? '' : printOffset(offset, ':'))
    );
  }

  override repr(): string {
    const zone = this.zone ? `, tzinfo=${this.zone.repr?.() ?? this.zone.str()}` : '';
    return `datetime.datetime(${this.year}, ${this.month}, ${this.day}, ${clockArguments(this)}${zone})`;
  }

  override equals(other: Value): boolean {
    if (!(other instanceof PyDateTime) || (other.zone === null) !== (this.zone === null)) return false;
    return other.utcMicros === this.utcMicros;
  }

  override hashKey(): unknown {
    return `\0datetime ${this.zone !== null} ${this.utcMicros}`;
  }

  override compare(other: Value): number | undefined {
    if (!(other instanceof PyDateTime)) return undefined;
    if ((other.zone === null) !== (this.zone === null)) {
      throw jinjaErrors['type-error']({ problem: "can't compare offset-naive and offset-aware datetimes" });
    }
    const difference = this.utcMicros - other.utcMicros;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  override operator(op: BinaryOperator, other: Value, reflected: boolean): Value | undefined {
    if (other instanceof Timedelta) {
      if (op === '+') return PyDateTime.ofLocal(this.localMicros + other.micros, this.zone);
      if (op === '-' && !reflected) return PyDateTime.ofLocal(this.localMicros - other.micros, this.zone);
    }
    if (op === '-' && !reflected && other instanceof PyDateTime) {
      if ((other.zone === null) !== (this.zone === null)) {
        throw jinjaErrors['type-error']({
          problem: "can't subtract offset-naive and offset-aware datetimes",
        });
      }
      return new Timedelta(this.utcMicros - other.utcMicros);
    }
    return undefined;
  }

  override getAttr(name: string): Value | undefined {
    const part = clockPart(this, name);
    if (part !== undefined) return part;
    const method = own(dateTimeMethods, name);
    if (method) return hostFunction(name, (args, kwargs) => method(this, args, kwargs));
    return super.getAttr(name);
  }

  /** Seconds since 1970 in UTC, as `timestamp()` gives them. */
  get timestamp(): Value {
    return toFloat(Number(this.utcMicros) / 1e6);
  }
}

type Clock = Pick<PyTime, 'hour' | 'minute' | 'second' | 'micro' | 'zone'>;

function clockPart(clock: Clock, name: string): Value | undefined {
  switch (name) {
    case 'hour':
    case 'minute':
    case 'second':
      return clock[name];
    case 'microsecond':
      return clock.micro;
    case 'tzinfo':
      return clock.zone;
    case 'fold':
      return 0;
    default:
      return undefined;
  }
}

function clockText(hour: number, minute: number, second: number, micro: number): string {
  const fraction = micro === 0 ? '' : `.${String(micro).padStart(6, '0')}`;
  return `${two(hour)}:${two(minute)}:${two(second)}${fraction}`;
}

function clockArguments({ hour, minute, second, micro }: Clock): string {
  const parts = [hour, minute, second, micro];
  while (parts.length > 2 && parts.at(-1) === 0) parts.pop();
  return parts.join(', ');
}

function checkClock(hour: number, minute: number, second: number, micro: number): void {
  checkRange('hour', hour, 0, 23);
  checkRange('minute', minute, 0, 59);
  checkRange('second', second, 0, 59);
  checkRange('microsecond', micro, 0, 999_999);
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw jinjaErrors['value-error']({
    problem:
      what === 'day' ? 'day is out of range for month' : `${what} must be in ${min}..${max}, not ${value}`,
  });
}
