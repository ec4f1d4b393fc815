/** Output for machines: one JSON object a line, secrets masked. */
import { isBoathouseError, printJson } from '../../base/index.ts';
import type { Terminal } from './terminal.ts';

/** Prints `value` on one line of standard output. Errors become objects with their code. */
export function printJsonLine(value: unknown, terminal: Terminal): void {
  terminal.out(`${printJson(toPlain(value))}\n`);
}

function toPlain(value: unknown): unknown {
  if (isBoathouseError(value)) {
    const { code, message, hint, location } = value;
    const place = location === undefined ? undefined : { ...location, text: undefined };
    return { code, message, hint, location: place };
  }
  if (value instanceof Error) return { code: 'internal', message: value.message };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map) return toPlain(Object.fromEntries(value));
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value).filter(([key]) => !heavy.has(key));
    return Object.fromEntries(kept.map(([key, member]) => [key, toPlain(member)]));
  }
  return value;
}

/** Whole texts that are in `target/` already, and would make lines of megabytes. */
const heavy = new Set(['compiledCode', 'executedSql']);
