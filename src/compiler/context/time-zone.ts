/** Time zones: fixed offsets (`datetime.timezone`) and places (`pytz.timezone('Europe/Paris')`, through Intl). */
import { bindArguments, HostObject, hostFunction, jinjaErrors, type Value } from '../../jinja/index.ts';
import { PyDateTime } from './date-time.ts';
import { Timedelta } from './timedelta.ts';

/** What tells a datetime how far it is from UTC. Offsets are in microseconds, east positive. */
export abstract class TimeZone extends HostObject {
  override readonly typeName: string = 'tzinfo';
  /** The offset that holds at a local time, given as microseconds since the epoch as if it were UTC. */
  abstract offsetAtLocal(localMicros: bigint): bigint;
  /** The offset that holds at an instant. */
  abstract offsetAtInstant(utcMicros: bigint): bigint;
  /** What `%Z` prints. */
  abstract nameAtLocal(localMicros: bigint): string;
}

/** `datetime.timezone`: always the same offset. */
export class FixedZone extends TimeZone {
  override readonly typeName: string = 'timezone';
  readonly offset: bigint;
  readonly #name: string | undefined;

  constructor(offset: bigint, name?: string) {
    super();
    this.offset = offset;
    this.#name = name;
  }

  override offsetAtLocal(): bigint {
    return this.offset;
  }

  override offsetAtInstant(): bigint {
    return this.offset;
  }

  override nameAtLocal(): string {
    return this.#name ?? (this.offset === 0n ? 'UTC' : `UTC${printOffset(this.offset, ':')}`);
  }

  override str(): string {
    return this.nameAtLocal();
  }

  override repr(): string {
    if (this.offset === 0n && this.#name === undefined) return 'datetime.timezone.utc';
    const name = this.#name === undefined ? '' : `, '${this.#name}'`;
    return `datetime.timezone(${new Timedelta(this.offset).repr()}${name})`;
  }

  override equals(other: Value): boolean {
    return other instanceof FixedZone && other.offset === this.offset;
  }

  override hashKey(): unknown {
    return `\0zone ${this.offset}`;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'utcoffset':
        return hostFunction(name, () => new Timedelta(this.offset));
      case 'tzname':
        return hostFunction(name, () => this.nameAtLocal());
      case 'dst':
        return hostFunction(name, () => null);
      default:
        return zoneMethod(this, name);
    }
  }
}

/** `datetime.timezone.utc`. */
export const utc: FixedZone = new FixedZone(0n);

/** `pytz.utc`: prints as `UTC`. */
export class PytzUtc extends FixedZone {
  override readonly typeName = 'UTC';

  constructor() {
    super(0n, 'UTC');
  }

  override repr(): string {
    return '<UTC>';
  }

  override getAttr(name: string): Value | undefined {
    return name === 'zone' ? 'UTC' : super.getAttr(name);
  }
}

/** A place's time, with its changes to and from summer time. */
export class PlaceZone extends TimeZone {
  override readonly typeName = 'DstTzInfo';
  readonly zone: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #nameFormat: Intl.DateTimeFormat;

  /** @throws jinja.value-error when nobody knows the place. */
  constructor(zone: string) {
    super();
    try {
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
      this.#nameFormat = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'short' });
    } catch (cause) {
      throw jinjaErrors['value-error']({ problem: `there is no time zone '${zone}'` }, { cause });
    }
    this.zone = zone;
  }

  override offsetAtInstant(utcMicros: bigint): bigint {
    const millis = Number(utcMicros / 1000n);
    const parts = new Map(this.#format.formatToParts(millis).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return BigInt(local - Math.floor(millis / 1000) * 1000) * 1000n;
  }

  /** Twice-told local times take the earlier offset's reading; skipped ones the offset before the gap. */
  override offsetAtLocal(localMicros: bigint): bigint {
    const day = 86_400_000_000n;
    const candidates = [this.offsetAtInstant(localMicros - day), this.offsetAtInstant(localMicros + day)];
    for (const offset of candidates) {
      if (this.offsetAtInstant(localMicros - offset) === offset) return offset;
    }
    return candidates[0] ?? 0n;
  }

  override nameAtLocal(localMicros: bigint): string {
    const instant = localMicros - this.offsetAtLocal(localMicros);
    const name = this.#nameFormat
      .formatToParts(Number(instant / 1000n))
      .find(({ type }) => type === 'timeZoneName')?.value;
    return name ?? this.zone;
  }

  override str(): string {
    return this.zone;
  }

  override repr(): string {
    return `<DstTzInfo '${this.zone}'>`;
  }

  override equals(other: Value): boolean {
    return other instanceof PlaceZone && other.zone === this.zone;
  }

  override hashKey(): unknown {
    return `\0zone ${this.zone}`;
  }

  override getAttr(name: string): Value | undefined {
    if (name === 'zone' || name === 'key') return this.zone;
    return zoneMethod(this, name);
  }
}

/** What every zone offers: pytz's `localize` and `normalize`, and Python's `utcoffset`, `tzname`, `dst`. */
function zoneMethod(zone: TimeZone, name: string): Value | undefined {
  const dateTime = (value: Value | undefined): PyDateTime => {
    if (value instanceof PyDateTime) return value;
    throw jinjaErrors['type-error']({ problem: `${name}() needs a datetime` });
  };
  switch (name) {
    case 'localize':
      return hostFunction(name, (args, kwargs) => {
        const { values } = bindArguments(name, ['dt', ['is_dst', false]], args, kwargs);
        const local = dateTime(values[0]);
        if (local.zone !== null) {
          throw jinjaErrors['value-error']({ problem: 'localize() needs a datetime without a time zone' });
        }
        return local.inZone(zone);
      });
    case 'normalize':
      return hostFunction(name, (args) => dateTime(args[0]).atZone(zone));
    case 'fromutc':
      return hostFunction(name, (args) => dateTime(args[0]).inZone(utc).atZone(zone));
    case 'utcoffset':
      return hostFunction(name, (args) => {
        const local = args[0] ?? null;
        return local === null ? null : new Timedelta(zone.offsetAtLocal(dateTime(local).localMicros));
      });
    case 'tzname':
      return hostFunction(name, (args) => {
        const local = args[0] ?? null;
        return local === null ? null : zone.nameAtLocal(dateTime(local).localMicros);
      });
    case 'dst':
      return hostFunction(name, (args) => {
        const local = args[0] ?? null;
        if (local === null) return null;
        const at = dateTime(local);
        // The standard offset is the smaller of winter's and summer's.
        const offsets = [1, 7].map((month) =>
          zone.offsetAtLocal(new PyDateTime(at.year, month, 1).localMicros),
        );
        const [standard = 0n] = offsets.sort((a, b) => Number(a - b));
        return new Timedelta(zone.offsetAtLocal(at.localMicros) - standard);
      });
    default:
      return undefined;
  }
}

/** `+05:30`, with seconds only where there are some. */
export function printOffset(offset: bigint, separator: string): string {
  const seconds = Number((offset < 0n ? -offset : offset) / 1_000_000n);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const tail = seconds % 60 === 0 ? '' : separator + two(seconds % 60);
  return `${offset < 0n ? '-' : '+'}${two(seconds / 3600)}${separator}${two((seconds / 60) % 60)}${tail}`;
}
