/** What `deps` tells while it works, under dbt's names of the events. */
import { systemClock } from '../../base/index.ts';
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
      text,
      printed: false,
      event: { code, name },
      data,
    });
}
