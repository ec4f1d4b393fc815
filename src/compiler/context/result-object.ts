/** `results` of on-run-end hooks: dbt's objects, which have fields and `to_dict`, over plain dictionaries. */
import { Dict, getAttribute, HostObject, hostFunction, toJs, type Value } from '../../jinja/index.ts';

/** One of dbt's objects: a result, its node, the node's configuration, one timed part. */
class FieldsObject extends HostObject {
  override readonly typeName: string;
  readonly #fields: Dict;

  constructor(typeName: string, fields: Dict) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }

  override str(): string {
    return `<${this.typeName}>`;
  }

  override toJs(): unknown {
    return toJs(this.#fields);
  }

  override getAttr(name: string): Value | undefined {
    if (name === 'to_dict') return hostFunction(name, () => this.#fields);
    const value = this.#fields.get(name);
    const inner = innerObjects[name];
    if (inner !== undefined && value instanceof Dict) return new FieldsObject(inner, value);
    if (inner !== undefined && Array.isArray(value)) {
      return value.map((item) => (item instanceof Dict ? new FieldsObject(inner, item) : item));
    }
    if (value !== undefined) return value;
    return Object.hasOwn(dictMethods, name) ? getAttribute(this.#fields, name, 'lenient') : undefined;
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttr(key) : undefined;
  }
}

const innerObjects: Readonly<Record<string, string>> = {
  node: 'Node',
  config: 'NodeConfig',
  timing: 'TimingInfo',
};

/** What hooks may ask of a node's configuration, and so of all of these. */
const dictMethods: Readonly<Record<string, true>> = { get: true, items: true, keys: true, values: true };

/** `names` with the dictionaries under `results` as objects; as given where there are none. */
export function withResultObjects(
  names: ReadonlyMap<string, Value> | undefined,
): ReadonlyMap<string, Value> | undefined {
  const results = names?.get('results');
  if (names === undefined || !Array.isArray(results)) return names;
  const objects = results.map((item) => (item instanceof Dict ? new FieldsObject('RunResult', item) : item));
  return new Map([...names, ['results', objects]]);
}
