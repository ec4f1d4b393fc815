import type { BoathouseError } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import type { Undefined } from '../values/undefined.ts';
import { typeName } from './type-name.ts';

/** What to throw when something is asked of `value` that an undefined value can't do. */
export function undefinedError(value: Undefined): BoathouseError {
  return jinjaErrors.undefined({ problem: describeUndefined(value) });
}

/** Jinja's sentence about what is undefined. */
export function describeUndefined({ hint, owner, name }: Undefined): string {
  if (hint !== undefined) return hint;
  if (owner === undefined) return `'${name}' is undefined`;
  const kind = owner === null ? 'None' : `${typeName(owner)} object`;
  return `'${kind}' has no attribute '${name}'`;
}
