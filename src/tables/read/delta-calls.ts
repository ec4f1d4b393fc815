/**
 * Calls in users' SQL that mean a Delta table: `delta_scan('uri')`, with a version or a time, and
 * `table_changes('uri', from, to)`.
 */
import { tablesErrors } from '../errors.ts';
import { feedErrors } from '../feed/errors.ts';
import { type Token, tokenize } from '../sql/tokens.ts';
import { pointInTimeMs } from './point-in-time.ts';

/** What a call asks for. */
export type DeltaCall =
  | {
      readonly kind: 'scan';
      readonly uri: string;
      readonly version?: number;
      /** Milliseconds since 1970; not together with `version`. */
      readonly timestampMs?: number;
    }
  | {
      readonly kind: 'changes';
      readonly uri: string;
      readonly from: ChangeEnd;
      /** The newest version when left out. */
      readonly to?: ChangeEnd;
    };

/** Where a range of changes begins or ends. */
export type ChangeEnd = { readonly version: number } | { readonly timestampMs: number };

/** A call, and where it stands in the text. */
export interface PlacedCall {
  readonly call: DeltaCall;
  readonly start: number;
  readonly end: number;
}

/**
 * The calls in `sql`, in order. Comments, strings and quoted names are left alone. Pure.
 *
 * @throws tables.bad-delta-scan, tables.bad-table-changes when an argument isn't a constant, or isn't known.
 */
export function deltaCalls(sql: string): PlacedCall[] {
  if (!/delta_scan|table_changes/i.test(sql)) return [];
  const tokens = tokenize(sql);
  const calls: PlacedCall[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const name = tokens[index];
    if (name?.kind !== 'word' || tokens[index + 1]?.text !== '(' || tokens[index - 1]?.text === '.') continue;
    const parse = parsers[name.text.toLowerCase() as keyof typeof parsers];
    if (parse === undefined) continue;
    const { call, last } = parse(tokens, index + 2);
    calls.push({ call, start: name.start, end: (tokens[last] as Token).end });
    index = last;
  }
  return calls;
}

interface Parsed {
  readonly call: DeltaCall;
  /** Index of the last token that belongs to it. */
  readonly last: number;
}

const parsers = {
  delta_scan: parseScan,
  table_changes: parseChanges,
  table_changes_by_path: parseChanges,
};

/** @param at the token after the opening parenthesis. */
function parseScan(tokens: readonly Token[], at: number): Parsed {
  const bad = (problem: string): Error => tablesErrors['bad-delta-scan']({ problem });
  const path = tokens[at];
  if (path?.kind !== 'string') throw bad('the first argument must be a string constant');
  const found: { version?: number; timestampMs?: number } = {};
  let next = at + 1;
  for (; tokens[next]?.text === ','; next += 4) {
    const [key, sign, value] = [tokens[next + 1], tokens[next + 2], tokens[next + 3]];
    const isNamed = key?.kind === 'word' && /^(?:=>|:=|=)$/.test(sign?.text ?? '');
    if (!isNamed || !setMoment(found, key.text, value)) {
      const shown = key === undefined ? 'the end' : `'${key.text}'`;
      throw bad(`only version => <number> or timestamp => '<time>' may follow the path, not ${shown}`);
    }
  }
  if (tokens[next]?.text !== ')') throw bad('the closing parenthesis is missing');
  const [key, as, of, value] = tokens.slice(next + 1, next + 5);
  const isAsOf =
    /^(?:version|timestamp)$/i.test(key?.text ?? '') &&
    as?.text.toLowerCase() === 'as' &&
    of?.text.toLowerCase() === 'of';
  if (isAsOf) {
    if (!setMoment(found, key?.text ?? '', value))
      throw bad(`after ${key?.text.toUpperCase()} AS OF stands no ${key?.text.toLowerCase()}`);
    next += 4;
  }
  if (found.version !== undefined && found.timestampMs !== undefined)
    throw bad('a version and a timestamp can not be given together');
  return { call: { kind: 'scan', uri: path.text, ...found }, last: next };
}

function setMoment(
  found: { version?: number; timestampMs?: number },
  key: string,
  value: Token | undefined,
): boolean {
  if (key.toLowerCase() === 'version' && value?.kind === 'number') {
    found.version = Number(value.text);
    return true;
  }
  const timestampMs = value?.kind === 'string' ? pointInTimeMs(value.text) : undefined;
  if (key.toLowerCase() !== 'timestamp' || timestampMs === undefined) return false;
  found.timestampMs = timestampMs;
  return true;
}

function parseChanges(tokens: readonly Token[], at: number): Parsed {
  const bad = (problem: string): Error => feedErrors['bad-table-changes']({ problem });
  const path = tokens[at];
  // Spark takes double quotes for a text, too.
  if (path?.kind !== 'string' && path?.kind !== 'quoted')
    throw bad('the first argument must be a string constant');
  const ends: ChangeEnd[] = [];
  let next = at + 1;
  for (; tokens[next]?.text === ','; next += 2) ends.push(changeEnd(tokens[next + 1], bad));
  if (tokens[next]?.text !== ')') throw bad('the closing parenthesis is missing');
  const [from, to, ...more] = ends;
  if (from === undefined || more.length > 0) throw bad('after the path stand one or two versions or times');
  return {
    call: { kind: 'changes', uri: path.text, from, ...(to === undefined ? {} : { to }) },
    last: next,
  };
}

function changeEnd(token: Token | undefined, bad: (problem: string) => Error): ChangeEnd {
  if (token?.kind === 'number') return { version: Number(token.text) };
  const timestampMs = token?.kind === 'string' ? pointInTimeMs(token.text) : undefined;
  if (timestampMs === undefined) throw bad(`'${token?.text ?? ''}' is neither a version nor a time`);
  return { timestampMs };
}
