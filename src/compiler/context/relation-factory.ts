import { bindArguments, HostObject, hostFunction, type Value } from '../../jinja/index.ts';
import { optionalText, record } from './arguments.ts';
import { Relation } from './relation.ts';
import { partsOf, type RelationPolicy, relationTypes } from './relation-parts.ts';

/** `api.Relation`, and the adapter's relation class: `create`, and the names of the types. */
export class RelationFactory extends HostObject {
  override readonly typeName = 'RelationProxy';
  readonly #quotePolicy: Partial<RelationPolicy>;

  /** @param quotePolicy the project's `quoting`, which `create` starts from. */
  constructor(quotePolicy: Partial<RelationPolicy> = {}) {
    super();
    this.#quotePolicy = quotePolicy;
  }

  override str(): string {
    return "<class 'dbt.adapters.duckdb.relation.DuckDBRelation'>";
  }

  override getAttr(name: string): Value | undefined {
    if (Object.hasOwn(relationTypes, name)) return relationTypes[name];
    if (name === 'get_relation_type') return record(relationTypes);
    if (name === 'create') {
      return hostFunction('create', (args, kwargs) => {
        const { values, restKwargs } = bindArguments(
          'create',
          [['database', null], ['schema', null], ['identifier', null], ['type', null], '**'],
          args,
          kwargs,
        );
        const parts = partsOf(restKwargs, 'ignore');
        return Relation.of({
          database: optionalText('database', values[0]),
          schema: optionalText('schema', values[1]),
          identifier: optionalText('identifier', values[2]),
          type: optionalText('type', values[3]),
          ...parts,
          quotePolicy: { ...this.#quotePolicy, ...parts.quotePolicy },
        });
      });
    }
    return undefined;
  }
}
