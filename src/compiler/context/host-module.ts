import { HostObject, type Value } from '../../jinja/index.ts';

/** A Python module or class as templates see it: named members and, for a class, a constructor. */
export class HostModule extends HostObject {
  override readonly typeName: string;
  readonly #name: string;
  readonly #members: Readonly<Record<string, Value>>;

  /** @param members looked up by own keys only, so that nothing of JavaScript shows. */
  constructor(typeName: string, name: string, members: Readonly<Record<string, Value>>) {
    super();
    this.typeName = typeName;
    this.#name = name;
    this.#members = members;
  }

  override str(): string {
    return this.typeName === 'module' ? `<module '${this.#name}'>` : `<class '${this.#name}'>`;
  }

  override getAttr(name: string): Value | undefined {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttr(key) : undefined;
  }

  override *iterate(): Iterable<Value> {
    yield* Object.keys(this.#members);
  }

  override length(): number {
    return Object.keys(this.#members).length;
  }
}
