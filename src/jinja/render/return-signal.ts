/** dbt's `return(value)`: ends the macro that the project's scope was asked for, from however deep inside. */
import { hostFunction } from '../values/host-function.ts';
import type { Callable } from '../values/host-object.ts';
import type { Value } from '../values/value.ts';

/** Thrown by `return(…)`, caught by the nearest bound macro. Not an error: it has no stack to collect. */
export class ReturnSignal {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** The `return` that a host puts into its scope. */
export const returnFunction: Callable = hostFunction('return', (args) => {
  throw new ReturnSignal(args[0] ?? null);
});
