/**
 * Runs generated code of the asynchronous flavour: a generator that yields a promise where it must wait.
 *
 * Code that meets no promise finishes at once and its result is a plain value, so that a macro called
 * from JavaScript, or in a chain of macros, costs no turn of the event loop.
 */
import type { Value } from '../values/value.ts';
import { type Frame, locateError } from './frame.ts';

/** Code of the asynchronous flavour, started. */
export type Running = Generator<Promise<Value>, Value, Value>;

/** What `running` returns, or a promise of it if it had to wait. */
export function drive(running: Running, frame: Frame): Value | Promise<Value> {
  try {
    const step = running.next();
    return step.done ? step.value : driveOn(running, step.value, frame);
  } catch (error) {
    throw locateError(error, frame);
  }
}

async function driveOn(running: Running, first: Promise<Value>, frame: Frame): Promise<Value> {
  let waiting = first;
  for (;;) {
    let step: IteratorResult<Promise<Value>, Value>;
    try {
      const value = await waiting.then(
        (settled) => ({ ok: true as const, settled }),
        (reason: unknown) => ({ ok: false as const, reason }),
      );
      step = value.ok ? running.next(value.settled) : running.throw(value.reason);
    } catch (error) {
      throw locateError(error, frame);
    }
    if (step.done) return step.value;
    waiting = step.value;
  }
}
