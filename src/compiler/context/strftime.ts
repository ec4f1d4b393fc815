/** Times as text by a format, and back: Python's `strftime` and `strptime` in the C locale. */
import { jinjaErrors } from '../../jinja/index.ts';
import { dateOf, daysOf, isoWeek } from './calendar.ts';
import { type PyDate, PyDateTime } from './date-time.ts';
import { zoneOfText } from './date-time-methods.ts';
import { FixedZone, printOffset, type TimeZone, utc } from './time-zone.ts';

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

/** `d` in the words of `format`. A `date` counts as midnight. Unknown letters stay as they are. */
export function formatTime(d: PyDate, format: string): string {
  return format.replace(/%([-#]?)(:?[A-Za-z%])/g, (all, flag: string, letter: string) => {
    const text = formatPart(d, letter);
    if (text === undefined) return all;
    return flag === '' ? text : text.replace(/^[0 ]+(?=\d)/, '');
  });
}

function formatPart(d: PyDate, letter: string): string | undefined {
  const at = d instanceof PyDateTime ? d : new PyDateTime(d.year, d.month, d.day);
  const pad = (n: number, size = 2): string => String(n).padStart(size, '0');
  const dayOfYear = at.days - daysOf(at.year, 1, 1) + 1;
  const hour12 = at.hour % 12 === 0 ? 12 : at.hour % 12;
  switch (letter) {
    case 'Y':
      return String(at.year);
    case 'C':
      return pad(Math.floor(at.year / 100));
    case 'y':
      return pad(at.year % 100);
    case 'm':
      return pad(at.month);
    case 'd':
      return pad(at.day);
    case 'e':
      return String(at.day).padStart(2, ' ');
    case 'H':
      return pad(at.hour);
    case 'k':
      return String(at.hour).padStart(2, ' ');
    case 'I':
      return pad(hour12);
    case 'l':
      return String(hour12).padStart(2, ' ');
    case 'M':
      return pad(at.minute);
    case 'S':
      return pad(at.second);
    case 'f':
      return pad(at.micro, 6);
    case 'p':
      return at.hour < 12 ? 'AM' : 'PM';
    case 'P':
      return at.hour < 12 ? 'am' : 'pm';
    case 'a':
      return weekdays[at.weekday]?.slice(0, 3);
    case 'A':
      return weekdays[at.weekday];
    case 'b':
    case 'h':
      return months[at.month - 1]?.slice(0, 3);
    case 'B':
      return months[at.month - 1];
    case 'j':
      return pad(dayOfYear, 3);
    case 'u':
      return String(at.weekday + 1);
    case 'w':
      return String((at.weekday + 1) % 7);
    case 'U':
      return pad(Math.floor((dayOfYear + 6 - ((at.weekday + 1) % 7)) / 7));
    case 'W':
      return pad(Math.floor((dayOfYear + 6 - at.weekday) / 7));
    case 'G':
      return String(isoWeek(at.days).year);
    case 'g':
      return pad(isoWeek(at.days).year % 100);
    case 'V':
      return pad(isoWeek(at.days).week);
    case 'z':
      return at.offset === null ? '' : printOffset(at.offset, '');
    case ':z':
      return at.offset === null ? '' : printOffset(at.offset, ':');
    case 'Z':
      return at.zone?.nameAtLocal(at.localMicros) ?? '';
    case 's':
      return String(at.utcMicros / 1_000_000n);
    case 'c':
      return formatTime(at, '%a %b %e %H:%M:%S %Y');
    case 'D':
    case 'x':
      return formatTime(at, '%m/%d/%y');
    case 'F':
      return formatTime(at, '%Y-%m-%d');
    case 'T':
    case 'X':
      return formatTime(at, '%H:%M:%S');
    case 'R':
      return formatTime(at, '%H:%M');
    case 'r':
      return formatTime(at, '%I:%M:%S %p');
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '%':
      return '%';
    default:
      return undefined;
  }
}

/** What each letter of a format reads, as a pattern. */
const patterns: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '1[0-2]|0[1-9]|[1-9]',
  d: '3[01]|[12]\\d|0[1-9]|[1-9]| [1-9]',
  H: '2[0-3]|[01]\\d|\\d',
  I: '1[0-2]|0[1-9]|[1-9]',
  M: '[0-5]\\d|\\d',
  S: '6[01]|[0-5]\\d|\\d',
  f: '\\d{1,6}',
  j: '36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|[1-9]',
  p: 'am|pm',
  a: weekdays.map((name) => name.slice(0, 3)).join('|'),
  A: weekdays.join('|'),
  b: months.map((name) => name.slice(0, 3)).join('|'),
  h: months.map((name) => name.slice(0, 3)).join('|'),
  B: months.join('|'),
  z: 'Z|[+-]\\d{2}:?[0-5]\\d(?::?[0-5]\\d)?',
  Z: 'utc|gmt|[a-z]{3,5}',
  w: '[0-6]',
  u: '[1-7]',
};

const compound: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  c: '%a %b %d %H:%M:%S %Y',
};

/** The time that `text` says in the words of `format`. @throws jinja.value-error when it says none. */
export function parseTime(text: string, format: string): PyDateTime {
  const expanded = format.replace(/%([FTXRDxc])/g, (_, letter: string) => compound[letter] ?? '');
  const letters: string[] = [];
  const source = expanded.replace(/%(.)|\s+|[\\^$.*+?()[\]{}|]/gs, (all, letter: string | undefined) => {
    if (letter === undefined) return /^\s/.test(all) ? '\\s+' : `\\${all}`;
    if (letter === '%') return '%';
    const pattern = patterns[letter];
    if (pattern === undefined) {
      throw jinjaErrors['value-error']({ problem: `'${letter}' is a bad directive in format '${format}'` });
    }
    letters.push(letter);
    return `(${pattern})`;
  });
  const match = new RegExp(`^${source}$`, 'is').exec(text);
  if (!match) {
    throw jinjaErrors['value-error']({ problem: `time data '${text}' does not match format '${format}'` });
  }
  return assemble(new Map(letters.map((letter, i) => [letter, match[i + 1] ?? ''])));
}

function assemble(parts: ReadonlyMap<string, string>): PyDateTime {
  const number = (letter: string): number | undefined => {
    const text = parts.get(letter);
    return text === undefined ? undefined : Number(text);
  };
  const short = number('y');
  let year = number('Y') ?? (short === undefined ? 1900 : short < 69 ? 2000 + short : 1900 + short);
  let month = number('m') ?? 1;
  const named = parts.get('B') ?? parts.get('b') ?? parts.get('h');
  if (named !== undefined) {
    month =
      months.findIndex((name) => name.slice(0, 3).toLowerCase() === named.slice(0, 3).toLowerCase()) + 1;
  }
  let day = number('d') ?? 1;
  const dayOfYear = number('j');
  if (dayOfYear !== undefined && !parts.has('d')) {
    ({ year, month, day } = dateOf(daysOf(year, 1, 1) + dayOfYear - 1));
  }
  let hour = number('H') ?? 0;
  const hour12 = number('I');
  if (hour12 !== undefined) hour = (hour12 % 12) + (parts.get('p')?.toLowerCase() === 'pm' ? 12 : 0);
  const micro = Number((parts.get('f') ?? '').padEnd(6, '0'));
  return new PyDateTime(year, month, day, hour, number('M') ?? 0, number('S') ?? 0, micro, zoneOf(parts));
}

function zoneOf(parts: ReadonlyMap<string, string>): TimeZone | null {
  const offset = parts.get('z');
  if (offset !== undefined) {
    const zone = zoneOfText(offset);
    return zone instanceof FixedZone ? zone : utc;
  }
  return null;
}
