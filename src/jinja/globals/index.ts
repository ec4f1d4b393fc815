/** The names every template has, unless its scope has them too. */
import { jinjaErrors } from '../errors.ts';
import { fillDict } from '../methods/dict-methods.ts';
import { Dict } from '../values/dict.ts';
import { hostFunction } from '../values/host-function.ts';
import type { Value } from '../values/value.ts';
import { cyclerFunction, joinerFunction, namespaceFunction } from './namespace.ts';
import { rangeFunction } from './range.ts';

/** Jinja's globals. */
export const builtinGlobals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', rangeFunction],
  [
    'dict',
    hostFunction('dict', (args, kwargs) => {
      const made = new Dict();
      fillDict(made, args[0], kwargs);
      return made;
    }),
  ],
  [
    'lipsum',
    hostFunction('lipsum', () => {
      throw jinjaErrors.unsupported({ what: 'lipsum()' });
    }),
  ],
  ['cycler', cyclerFunction],
  ['joiner', joinerFunction],
  ['namespace', namespaceFunction],
]);
