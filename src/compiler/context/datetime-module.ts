/** `modules.datetime` and `modules.pytz`. */
import {
  bindArguments,
  HostObject,
  hostFunction,
  jinjaErrors,
  type Kwargs,
  type Value,
} from '../../jinja/index.ts';
import { optionalText, requiredNumber, requiredText } from './arguments.ts';
import { daysOf, epochOrdinal } from './calendar.ts';
import { PyDate, PyDateTime, PyTime } from './date-time.ts';
import { clockParts, parseIsoDate, parseIsoDateTime, parseIsoTime } from './date-time-methods.ts';
import { HostModule } from './host-module.ts';
import { parseTime } from './strftime.ts';
import { FixedZone, PlaceZone, PytzUtc, TimeZone, utc } from './time-zone.ts';
import { makeTimedelta, Timedelta } from './timedelta.ts';

type Function = (args: readonly Value[], kwargs: Kwargs) => Value;

/** A class that can be called, with class methods. */
class HostClass extends HostObject {
  override readonly typeName = 'type';
  readonly #name: string;
  readonly #make: Function;
  readonly #members: Readonly<Record<string, Value>>;

  constructor(name: string, make: Function, members: Readonly<Record<string, Value>> = {}) {
    super();
    this.#name = name;
    this.#make = make;
    this.#members = members;
  }

  override str(): string {
    return `<class '${this.#name}'>`;
  }

  override call(args: readonly Value[], kwargs: Kwargs): Value {
    return this.#make(args, kwargs);
  }

  override getAttr(name: string): Value | undefined {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}

/** `modules.datetime`. @param nowMs what `now`, `utcnow` and `today` say, in milliseconds since 1970. */
export function datetimeModule(nowMs: () => number): HostModule {
  const local = (): PyDateTime => PyDateTime.ofInstant(BigInt(nowMs()) * 1000n, localZone());
  const dateClass = new HostClass('datetime.date', makeDate, {
    today: method('today', () => {
      const now = local();
      return new PyDate(now.year, now.month, now.day);
    }),
    fromisoformat: method('fromisoformat', ([text]) => parseIsoDate(requiredText('date_string', text))),
    fromordinal: method('fromordinal', ([n]) => PyDate.ofDays(requiredNumber('ordinal', n) - epochOrdinal)),
    fromtimestamp: method('fromtimestamp', ([seconds]) => {
      const at = PyDateTime.ofInstant(microsOf(seconds), localZone());
      return new PyDate(at.year, at.month, at.day);
    }),
    fromisocalendar: method('fromisocalendar', ([year, week, day]) => {
      const january4 = daysOf(requiredNumber('year', year), 1, 4);
      const monday = january4 - PyDate.ofDays(january4).weekday;
      return PyDate.ofDays(monday + (requiredNumber('week', week) - 1) * 7 + requiredNumber('day', day) - 1);
    }),
    min: new PyDate(1, 1, 1),
    max: new PyDate(9999, 12, 31),
  });
  return new HostModule('module', 'datetime', {
    date: dateClass,
    datetime: new HostClass('datetime.datetime', makeDateTime, dateTimeMembers(nowMs, local)),
    time: new HostClass('datetime.time', makeTime, {
      fromisoformat: method('fromisoformat', ([text]) => parseIsoTime(requiredText('time_string', text))),
      min: new PyTime(),
      max: new PyTime(23, 59, 59, 999_999),
    }),
    timedelta: new HostClass('datetime.timedelta', makeTimedelta, {
      min: new Timedelta(-999_999_999n * 86_400_000_000n),
      max: new Timedelta(1_000_000_000n * 86_400_000_000n - 1n),
      resolution: new Timedelta(1n),
    }),
    timezone: new HostClass('datetime.timezone', makeZone, { utc }),
    UTC: utc,
    MINYEAR: 1,
    MAXYEAR: 9999,
  });
}

function dateTimeMembers(nowMs: () => number, local: () => PyDateTime): Record<string, Value> {
  const nowMicros = (): bigint => BigInt(Math.floor(nowMs() * 1000));
  return {
    now: method('now', (args, kwargs) => {
      const { values } = bindArguments('now', [['tz', null]], args, kwargs);
      const zone = zoneArgument(values[0]);
      return zone === null ? local().inZone(null) : PyDateTime.ofInstant(nowMicros(), zone);
    }),
    today: method('today', () => local().inZone(null)),
    utcnow: method('utcnow', () => PyDateTime.ofLocal(nowMicros())),
    strptime: method('strptime', (args, kwargs) => {
      const { values } = bindArguments('strptime', ['date_string', 'format'], args, kwargs);
      return parseTime(requiredText('date_string', values[0]), requiredText('format', values[1]));
    }),
    fromisoformat: method('fromisoformat', ([text]) => parseIsoDateTime(requiredText('date_string', text))),
    fromtimestamp: method('fromtimestamp', (args, kwargs) => {
      const { values } = bindArguments('fromtimestamp', ['timestamp', ['tz', null]], args, kwargs);
      const zone = zoneArgument(values[1]);
      const at = PyDateTime.ofInstant(microsOf(values[0]), zone ?? localZone());
      return zone === null ? at.inZone(null) : at;
    }),
    utcfromtimestamp: method('utcfromtimestamp', ([seconds]) => PyDateTime.ofLocal(microsOf(seconds))),
    fromordinal: method('fromordinal', ([n]) => {
      const day = PyDate.ofDays(requiredNumber('ordinal', n) - epochOrdinal);
      return new PyDateTime(day.year, day.month, day.day);
    }),
    combine: method('combine', (args, kwargs) => {
      const { values } = bindArguments('combine', ['date', 'time', ['tzinfo', null]], args, kwargs);
      const [day, time] = values;
      if (!(day instanceof PyDate) || !(time instanceof PyTime)) {
        throw jinjaErrors['type-error']({ problem: 'combine() needs a date and a time' });
      }
      const zone = zoneArgument(values[2]) ?? time.zone;
      return new PyDateTime(
        day.year,
        day.month,
        day.day,
        time.hour,
        time.minute,
        time.second,
        time.micro,
        zone,
      );
    }),
    min: new PyDateTime(1, 1, 1),
    max: new PyDateTime(9999, 12, 31, 23, 59, 59, 999_999),
  };
}

/** `modules.pytz`. */
export function pytzModule(): HostModule {
  const pytzUtc = new PytzUtc();
  const zones = Intl.supportedValuesOf('timeZone');
  return new HostModule('module', 'pytz', {
    utc: pytzUtc,
    UTC: pytzUtc,
    timezone: method('timezone', (args, kwargs) => {
      const { values } = bindArguments('timezone', ['zone'], args, kwargs);
      const name = requiredText('zone', values[0]);
      return name.toUpperCase() === 'UTC' ? pytzUtc : new PlaceZone(name);
    }),
    FixedOffset: method(
      'FixedOffset',
      ([minutes]) => new FixedZone(BigInt(requiredNumber('minutes', minutes)) * 60_000_000n),
    ),
    all_timezones: zones,
    common_timezones: zones,
  });
}

function method(name: string, body: Function): Value {
  return hostFunction(name, body);
}

function makeDate(args: readonly Value[], kwargs: Kwargs): PyDate {
  const { values } = bindArguments('date', ['year', 'month', 'day'], args, kwargs);
  const [year, month, day] = values.map((value) => requiredNumber('date', value));
  return new PyDate(year ?? 0, month ?? 0, day ?? 0);
}

function makeDateTime(args: readonly Value[], kwargs: Kwargs): PyDateTime {
  bindArguments('datetime', ['year', 'month', 'day', '*', '**'], args, kwargs);
  const part = clockParts(
    ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond', 'tzinfo'],
    args,
    kwargs,
  );
  const integer = (name: string): number => part.integer(name, 0);
  return new PyDateTime(
    integer('year'),
    integer('month'),
    integer('day'),
    integer('hour'),
    integer('minute'),
    integer('second'),
    integer('microsecond'),
    part.zone(null),
  );
}

function makeTime(args: readonly Value[], kwargs: Kwargs): PyTime {
  const part = clockParts(['hour', 'minute', 'second', 'microsecond', 'tzinfo'], args, kwargs);
  const integer = (name: string): number => part.integer(name, 0);
  return new PyTime(
    integer('hour'),
    integer('minute'),
    integer('second'),
    integer('microsecond'),
    part.zone(null),
  );
}

function makeZone(args: readonly Value[], kwargs: Kwargs): FixedZone {
  const { values } = bindArguments('timezone', ['offset', ['name', null]], args, kwargs);
  if (!(values[0] instanceof Timedelta)) {
    throw jinjaErrors['type-error']({ problem: 'timezone() needs a timedelta' });
  }
  return new FixedZone(values[0].micros, optionalText('name', values[1]) ?? undefined);
}

function zoneArgument(value: Value | undefined): TimeZone | null {
  if (value === undefined || value === null) return null;
  if (value instanceof TimeZone) return value;
  throw jinjaErrors['type-error']({ problem: 'expected a time zone' });
}

function microsOf(seconds: Value | undefined): bigint {
  return BigInt(Math.round(requiredNumber('timestamp', seconds) * 1e6));
}

/** The zone of this machine. */
function localZone(): TimeZone {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === 'UTC' ? utc : new PlaceZone(timeZone);
}
