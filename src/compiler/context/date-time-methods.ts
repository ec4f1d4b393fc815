/** The methods of Python's `date`, `time` and `datetime`. */
import { bindArguments, Dict, jinjaErrors, type Kwargs, Tuple, type Value } from '../../jinja/index.ts';
import { optionalInteger, own, requiredText } from './arguments.ts';
import { daysOf } from './calendar.ts';
import { PyDate, PyDateTime, PyTime } from './date-time.ts';
import { formatTime } from './strftime.ts';
import { FixedZone, TimeZone, utc } from './time-zone.ts';
import { Timedelta } from './timedelta.ts';

type Method<T> = (self: T, args: readonly Value[], kwargs: Kwargs) => Value;

/** What a `date` can do; a `datetime` can do it too. */
export const dateMethods: Readonly<Record<string, Method<PyDate>>> = {
  isoformat: (d) => d.str(),
  strftime: (d, args, kwargs) => formatTime(d, formatArgument(args, kwargs)),
  weekday: (d) => d.weekday,
  isoweekday: (d) => d.weekday + 1,
  isocalendar: (d) => d.isoCalendar(),
  toordinal: (d) => d.ordinal,
  ctime: (d) => formatTime(d, '%a %b %e %H:%M:%S %Y'),
  timetuple: (d) => timeTuple(d, 0, 0, 0),
  replace: (d, args, kwargs) => {
    const { values } = bindArguments(
      'replace',
      [
        ['year', null],
        ['month', null],
        ['day', null],
      ],
      args,
      kwargs,
    );
    const part = (i: number, name: string, initial: number): number =>
      optionalInteger(name, values[i]) ?? initial;
    return new PyDate(part(0, 'year', d.year), part(1, 'month', d.month), part(2, 'day', d.day));
  },
};

/** What a `time` can do. */
export const timeMethods: Readonly<Record<string, Method<PyTime>>> = {
  isoformat: (t) => t.str(),
  strftime: (t, args, kwargs) => formatTime(onFirstDay(t), formatArgument(args, kwargs)),
  utcoffset: (t) => (t.zone ? new Timedelta(t.zone.offsetAtLocal(0n)) : null),
  tzname: (t) => t.zone?.nameAtLocal(0n) ?? null,
  dst: () => null,
  replace: (t, args, kwargs) => {
    const part = clockParts(['hour', 'minute', 'second', 'microsecond', 'tzinfo'], args, kwargs);
    return new PyTime(
      part.integer('hour', t.hour),
      part.integer('minute', t.minute),
      part.integer('second', t.second),
      part.integer('microsecond', t.micro),
      part.zone(t.zone),
    );
  },
};

/** What a `datetime` can do beyond a `date`. */
export const dateTimeMethods: Readonly<Record<string, Method<PyDateTime>>> = {
  isoformat: (d, args, kwargs) => {
    const { values } = bindArguments(
      'isoformat',
      [
        ['sep', 'T'],
        ['timespec', 'auto'],
      ],
      args,
      kwargs,
    );
    return isoFormat(d, requiredText('sep', values[0]), requiredText('timespec', values[1]));
  },
  date: (d) => new PyDate(d.year, d.month, d.day),
  time: (d) => new PyTime(d.hour, d.minute, d.second, d.micro),
  timetz: (d) => new PyTime(d.hour, d.minute, d.second, d.micro, d.zone),
  timestamp: (d) => d.timestamp,
  utcoffset: (d) => (d.offset === null ? null : new Timedelta(d.offset)),
  tzname: (d) => d.zone?.nameAtLocal(d.localMicros) ?? null,
  dst: () => null,
  astimezone: (d, args, kwargs) => {
    const { values } = bindArguments('astimezone', [['tz', null]], args, kwargs);
    const zone = values[0] ?? utc;
    if (!(zone instanceof TimeZone))
      throw jinjaErrors['type-error']({ problem: 'astimezone() needs a time zone' });
    return d.atZone(zone);
  },
  timetuple: (d) => timeTuple(d, d.hour, d.minute, d.second),
  utctimetuple: (d) => {
    const at = d.atZone(utc);
    return timeTuple(at, at.hour, at.minute, at.second);
  },
  replace: (d, args, kwargs) => {
    const names = ['year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond', 'tzinfo'];
    const part = clockParts(names, args, kwargs);
    return new PyDateTime(
      part.integer('year', d.year),
      part.integer('month', d.month),
      part.integer('day', d.day),
      part.integer('hour', d.hour),
      part.integer('minute', d.minute),
      part.integer('second', d.second),
      part.integer('microsecond', d.micro),
      part.zone(d.zone),
    );
  },
};

/** Reads a constructor's or `replace`'s parts of a time, by name. */
export function clockParts(
  names: readonly string[],
  args: readonly Value[],
  kwargs: Kwargs,
): { integer(name: string, initial: number): number; zone(initial: TimeZone | null): TimeZone | null } {
  const { values, restKwargs } = bindArguments(
    'replace',
    [...names.map((name) => [name, absent] as const), '**'],
    args,
    kwargs,
  );
  const [extra] = [...restKwargs.keys()].filter((name) => name !== 'fold');
  if (extra !== undefined) throw jinjaErrors['type-error']({ problem: `'${extra}' is no part of a time` });
  const given = (name: string): Value | undefined => {
    const value = values[names.indexOf(name)];
    return value === absent ? undefined : value;
  };
  return {
    integer(name, initial) {
      const value = given(name);
      return value === undefined ? initial : (optionalInteger(name, value) ?? initial);
    },
    zone(initial) {
      const value = given('tzinfo');
      if (value === undefined) return initial;
      if (value === null || value instanceof TimeZone) return value;
      throw jinjaErrors['type-error']({ problem: 'tzinfo must be a time zone' });
    },
  };
}

/** Stands for an argument that wasn't given, where none means something. */
const absent = new Dict();

function formatArgument(args: readonly Value[], kwargs: Kwargs): string {
  const { values } = bindArguments('strftime', ['format'], args, kwargs);
  return requiredText('format', values[0]);
}

function onFirstDay(t: PyTime): PyDateTime {
  return new PyDateTime(1900, 1, 1, t.hour, t.minute, t.second, t.micro, t.zone);
}

function timeTuple(d: PyDate, hour: number, minute: number, second: number): Tuple {
  const dayOfYear = d.days - daysOf(d.year, 1, 1) + 1;
  return new Tuple([d.year, d.month, d.day, hour, minute, second, d.weekday, dayOfYear, -1]);
}

function isoFormat(d: PyDateTime, separator: string, timespec: string): string {
  if (timespec === 'auto') return d.isoText(separator);
  const clocks: Readonly<Record<string, string>> = {
    hours: '%H',
    minutes: '%H:%M',
    seconds: '%H:%M:%S',
    microseconds: '%H:%M:%S.%f',
  };
  const millis = `%H:%M:%S.${String(Math.floor(d.micro / 1000)).padStart(3, '0')}`;
  const clock = timespec === 'milliseconds' ? millis : own(clocks, timespec);
  if (clock === undefined)
    throw jinjaErrors['value-error']({ problem: `there is no timespec '${timespec}'` });
  return `${formatTime(d, '%Y-%m-%d')}${separator}${formatTime(d, clock)}${formatTime(d, '%:z')}`;
}

/** The zone in an ISO 8601 text: `Z`, `+02:00`, `+0200` or nothing. */
export function zoneOfText(text: string | undefined): TimeZone | null {
  if (text === undefined || text === '') return null;
  if (text === 'Z' || text === 'z') return utc;
  const match = /^([+-])(\d{2}):?(\d{2})?(?::?(\d{2}))?$/.exec(text);
  if (!match) throw jinjaErrors['value-error']({ problem: `'${text}' is no offset from UTC` });
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  const offset = BigInt(match[1] === '-' ? -seconds : seconds) * 1_000_000n;
  return offset === 0n ? utc : new FixedZone(offset);
}

/** What an ISO 8601 text says: a `datetime`. @throws jinja.value-error */
export function parseIsoDateTime(text: string): PyDateTime {
  const match =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:.(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|z|[+-]\d{2}.*)?)?$/s.exec(
      text.trim(),
    );
  if (!match) throw jinjaErrors['value-error']({ problem: `Invalid isoformat string: '${text}'` });
  const part = (i: number): number => Number(match[i] ?? 0);
  const micro = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  return new PyDateTime(part(1), part(2), part(3), part(4), part(5), part(6), micro, zoneOfText(match[8]));
}

/** What an ISO 8601 text says: a `date`. @throws jinja.value-error */
export function parseIsoDate(text: string): PyDate {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text);
  if (!match) throw jinjaErrors['value-error']({ problem: `Invalid isoformat string: '${text}'` });
  return new PyDate(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** What an ISO 8601 text says: a `time`. @throws jinja.value-error */
export function parseIsoTime(text: string): PyTime {
  const match = /^T?(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|z|[+-]\d{2}.*)?$/.exec(text);
  if (!match) throw jinjaErrors['value-error']({ problem: `Invalid isoformat string: '${text}'` });
  const micro = Number((match[4] ?? '').padEnd(6, '0').slice(0, 6));
  return new PyTime(
    Number(match[1]),
    Number(match[2] ?? 0),
    Number(match[3] ?? 0),
    micro,
    zoneOfText(match[5]),
  );
}
