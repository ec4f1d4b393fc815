import { bindArguments, HostObject, hostFunction, type Value } from '../../jinja/index.ts';

/** dbt's `Path` and `Policy`: three named parts. */
export class NameParts extends HostObject {
  override readonly typeName: string;
  readonly #parts: Readonly<Record<string, string | boolean | null>>;

  constructor(typeName: string, parts: Readonly<Record<string, string | boolean | null>>) {
    super();
    this.typeName = typeName;
    this.#parts = parts;
  }

  override str(): string {
    const show = (value: string | boolean | null): string =>
      value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : `'${value}'`;
    return `${this.typeName}(${Object.entries(this.#parts)
      .map(([name, value]) => `${name}=${show(value)}`)
      .join(', ')})`;
  }

  override getAttr(name: string): Value | undefined {
    if (Object.hasOwn(this.#parts, name)) return this.#parts[name];
    if (name === 'get') {
      return hostFunction('get', (args, kwargs) => {
        const { values } = bindArguments('get', ['key', ['default', null]], args, kwargs);
        const key = values[0];
        if (typeof key === 'string' && Object.hasOwn(this.#parts, key)) return this.#parts[key] ?? null;
        return values[1] ?? null;
      });
    }
    return undefined;
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttr(key) : undefined;
  }
}
