/** `namespace`, `cycler` and `joiner`: Jinja's objects that keep state across scopes. */
import { jinjaErrors } from '../errors.ts';
import { fillDict } from '../methods/dict-methods.ts';
import { repr } from '../python/printing.ts';
import { Dict } from '../values/dict.ts';
import { hostFunction } from '../values/host-function.ts';
import { type Callable, HostObject } from '../values/host-object.ts';
import type { Kwargs, Value } from '../values/value.ts';

class Namespace extends HostObject {
  override readonly typeName = 'Namespace';
  readonly #names = new Dict();

  constructor(source: Value | undefined, kwargs: Kwargs) {
    super();
    fillDict(this.#names, source, kwargs);
  }

  override str(): string {
    return `<Namespace ${repr(this.#names)}>`;
  }

  override getAttr(name: string): Value | undefined {
    return this.#names.get(name);
  }

  override setAttr(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

class Cycler extends HostObject {
  override readonly typeName = 'Cycler';
  readonly #items: readonly Value[];
  #position = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0)
      throw jinjaErrors['type-error']({ problem: 'at least one item has to be provided' });
    this.#items = items;
  }

  override str(): string {
    return '<Cycler>';
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'current':
        return this.#items[this.#position];
      case 'next':
        return hostFunction('next', () => {
          const item = this.#items[this.#position] as Value;
          this.#position = (this.#position + 1) % this.#items.length;
          return item;
        });
      case 'reset':
        return hostFunction('reset', () => {
          this.#position = 0;
          return null;
        });
      case 'pos':
        return this.#position;
      default:
        return undefined;
    }
  }
}

/** `namespace(**names)`: attributes that `{% set ns.x = … %}` changes wherever it stands. */
export const namespaceFunction: Callable = hostFunction(
  'namespace',
  (args, kwargs) => new Namespace(args[0], kwargs),
);

/** `cycler(*items)`: `next()` walks the items round and round. */
export const cyclerFunction: Callable = hostFunction('cycler', (args) => new Cycler(args));

/** `joiner(sep)`: a function that returns nothing the first time and `sep` after that. */
export const joinerFunction: Callable = hostFunction('joiner', (args, kwargs) => {
  const separator = args[0] ?? kwargs.get('sep') ?? ', ';
  let used = false;
  return hostFunction('joiner', () => {
    const first = !used;
    used = true;
    return first ? '' : separator;
  });
});
