/** What `deps` tells while it works, under dbt's names of the events. */
import { secrets, systemClock } from '../../base/index.ts';
import type { Emit, MessageLevel } from '../../runner/index.ts';

/** Tells something, with the code, name and data of dbt's event. */
export type Say = (
  level: MessageLevel,
  code: string,
  name: string,
  text: string,
  data: Readonly<Record<string, unknown>>,
) => void;

/** A `Say` that emits. */
export function sayTo(emit: Emit): Say {
  return (level, code, name, text, data) =>
    emit({
      kind: 'message',
      atMs: systemClock.nowMs(),
      level,
      text: secrets.scrub(text),
      printed: false,
      event: { code, name },
      data: withoutSecrets(data),
    });
}

/** URLs may hold secrets, and who listens may keep what it hears. */
function withoutSecrets(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return secrets.scrub(value);
    return Array.isArray(value) ? value.map(clean) : value;
  };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, clean(value)]));
}
