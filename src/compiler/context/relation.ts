/**
 * dbt's relation: the name of a table or view, and how it is printed.
 *
 * Immutable: `include`, `quote`, `incorporate` and the like give a new one. Printing it gives what
 * stands in SQL: the quoted parts, or the text of `external` (`read_parquet('…')`) where its rows are
 * files rather than a relation of the database.
 */
import { bindArguments, Dict, HostObject, hostFunction, type Kwargs, type Value } from '../../jinja/index.ts';
import type { ExistingRelation, RelationKind, RelationName } from '../warehouse.ts';
import { optionalText, own, record } from './arguments.ts';
import { NameParts } from './name-parts.ts';
import {
  partsOf,
  policyOf,
  type RelationParts,
  type RelationPolicy,
  relationTypes,
} from './relation-parts.ts';

const everywhere: RelationPolicy = { database: true, schema: true, identifier: true };

/** A relation as templates see it. */
export class Relation extends HostObject {
  override readonly typeName = 'DuckDBRelation';
  /** dbt's relations count as mappings, and packages recognise them by that; they don't iterate. */
  override readonly isMapping = true;
  readonly database: string | null;
  readonly schema: string | null;
  readonly identifier: string | null;
  readonly type: string | null;
  readonly external: string | null;
  readonly limit: number | null;
  readonly filter: string | null;
  readonly quotePolicy: RelationPolicy;
  readonly includePolicy: RelationPolicy;
  readonly requireAlias: boolean;
  readonly dbtCreated: boolean;

  private constructor(parts: RelationParts) {
    super();
    this.database = parts.database ?? null;
    this.schema = parts.schema ?? null;
    this.identifier = parts.identifier ?? null;
    this.type = parts.type ?? null;
    this.external = parts.external ?? null;
    this.limit = parts.limit ?? null;
    this.filter = parts.filter ?? null;
    this.quotePolicy = { ...everywhere, ...parts.quotePolicy };
    this.includePolicy = { ...everywhere, ...parts.includePolicy };
    this.requireAlias = parts.requireAlias ?? false;
    this.dbtCreated = parts.dbtCreated ?? false;
  }

  static of(parts: RelationParts): Relation {
    return new Relation(parts);
  }

  /** What an engine says exists. */
  static ofExisting(existing: ExistingRelation): Relation {
    return new Relation({ ...existing, type: existing.kind });
  }

  /** The same relation with some parts changed. */
  with(parts: RelationParts): Relation {
    return new Relation({
      ...this.#parts(),
      ...parts,
      quotePolicy: { ...this.quotePolicy, ...parts.quotePolicy },
      includePolicy: { ...this.includePolicy, ...parts.includePolicy },
    });
  }

  /** Its three names for a warehouse; parts that are none become empty text. */
  toRelationName(): RelationName {
    return { database: this.database ?? '', schema: this.schema ?? '', identifier: this.identifier ?? '' };
  }

  /** As `dropRelation` and `renameRelation` want it; a relation without a type counts as a table. */
  toExisting(): ExistingRelation {
    return { ...this.toRelationName(), kind: (this.type ?? 'table') as RelationKind };
  }

  /** Its name as it stands in SQL, ignoring limits. */
  render(): string {
    if (this.external !== null) return this.external;
    return this.#renderName();
  }

  /** How it prints in SQL: with `--empty`'s limit or a batch's filter around it, where there is one. */
  override str(): string {
    const name = this.render();
    if (this.limit === null && this.filter === null) return name;
    const where = this.filter === null ? '' : ` where ${this.filter}`;
    const limited =
      this.limit === null ? '' : this.limit === 0 ? ' where false limit 0' : ` limit ${this.limit}`;
    const condition = this.filter !== null && this.limit === 0 ? `${where} limit 0` : `${where}${limited}`;
    const kind = this.limit === null ? 'et_filter' : 'limit';
    const alias = this.requireAlias ? ` _dbt_${kind}_subq_${this.identifier ?? 'relation'}` : '';
    return `(select * from ${name}${condition})${alias}`;
  }

  override repr(): string {
    return `<${this.typeName} ${this.render()}>`;
  }

  override truthy(): boolean {
    return true;
  }

  override equals(other: Value): boolean {
    return other instanceof Relation && other.#identity() === this.#identity();
  }

  override hashKey(): unknown {
    return `\0relation ${this.#identity()}`;
  }

  override toJs(): unknown {
    return {
      path: { database: this.database, schema: this.schema, identifier: this.identifier },
      type: this.type,
      quote_character: '"',
      include_policy: { ...this.includePolicy },
      quote_policy: { ...this.quotePolicy },
      dbt_created: this.dbtCreated,
    };
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.getAttr(key) : undefined;
  }

  override getAttr(name: string): Value | undefined {
    const facts = own(attributes, name);
    if (facts) return facts(this);
    const method = own(methods, name);
    if (method) return hostFunction(name, (args, kwargs) => method(this, args, kwargs));
    return own(relationTypes, name);
  }

  #renderName(): string {
    const parts: string[] = [];
    for (const part of ['database', 'schema', 'identifier'] as const) {
      const text = this[part];
      if (!this.includePolicy[part] || text === null || text === '') continue;
      parts.push(this.quotePolicy[part] ? quoted(text) : text);
    }
    return parts.join('.');
  }

  #parts(): RelationParts {
    const { database, schema, identifier, type, external, limit, filter, requireAlias, dbtCreated } = this;
    return { database, schema, identifier, type, external, limit, filter, requireAlias, dbtCreated };
  }

  #identity(): string {
    return JSON.stringify([this.#parts(), this.quotePolicy, this.includePolicy]);
  }
}

/** Whether `value` is a relation. */
export function isRelation(value: Value | undefined): value is Relation {
  return value instanceof Relation;
}

/** `text` in double quotes, as relations print their parts. */
function quoted(text: string): string {
  return `"${text}"`;
}

const attributes: Readonly<Record<string, (relation: Relation) => Value>> = {
  database: (r) => r.database,
  schema: (r) => r.schema,
  identifier: (r) => r.identifier,
  name: (r) => r.identifier,
  table: (r) => r.identifier,
  type: (r) => r.type,
  external: (r) => r.external,
  limit: (r) => r.limit,
  dbt_created: (r) => r.dbtCreated,
  require_alias: (r) => r.requireAlias,
  quote_character: () => '"',
  is_table: (r) => r.type === 'table',
  is_view: (r) => r.type === 'view',
  is_cte: (r) => r.type === 'cte',
  is_materialized_view: (r) => r.type === 'materialized_view',
  is_function: (r) => r.type === 'function',
  is_pointer: (r) => r.type === 'pointer_table',
  can_be_renamed: () => false,
  can_be_replaced: () => false,
  path: (r) => new NameParts('Path', { database: r.database, schema: r.schema, identifier: r.identifier }),
  quote_policy: (r) => new NameParts('Policy', { ...r.quotePolicy }),
  include_policy: (r) => new NameParts('Policy', { ...r.includePolicy }),
};

type Method = (relation: Relation, args: readonly Value[], kwargs: Kwargs) => Value;

const methods: Readonly<Record<string, Method>> = {
  render: (r) => r.render(),
  render_limited: (r) => r.str(),
  include: (r, args, kwargs) => r.with({ includePolicy: policyOf('include', args, kwargs) }),
  quote: (r, args, kwargs) => r.with({ quotePolicy: policyOf('quote', args, kwargs) }),
  quoted: (_, args, kwargs) => {
    const { values } = bindArguments('quoted', ['identifier'], args, kwargs);
    return quoted(optionalText('identifier', values[0]) ?? '');
  },
  incorporate: (r, args, kwargs) => {
    bindArguments('incorporate', ['**'], args, kwargs);
    return r.with(partsOf(kwargs, 'ignore'));
  },
  replace: (r, _args, kwargs) => r.with(partsOf(kwargs)),
  replace_path: (r, _args, kwargs) => r.with(partsOf(kwargs)),
  without_identifier: (r) => r.with({ identifier: null }),
  get: (r, args, kwargs) => {
    const { values } = bindArguments('get', ['key', ['default', null]], args, kwargs);
    // Packages recognise a relation by this key alone.
    if (values[0] === 'metadata') return new Dict([['type', r.typeName]]);
    return (typeof values[0] === 'string' ? own(attributes, values[0])?.(r) : undefined) ?? values[1] ?? null;
  },
  matches: (r, args, kwargs) => {
    const { values } = bindArguments(
      'matches',
      [
        ['database', null],
        ['schema', null],
        ['identifier', null],
      ],
      args,
      kwargs,
    );
    const own = [r.database, r.schema, r.identifier];
    return values.every((value, i) => {
      const text = optionalText('name', value);
      return text === null || text.toLowerCase() === own[i]?.toLowerCase();
    });
  },
  information_schema: (r, args, kwargs) => {
    const { values } = bindArguments('information_schema', [['view_name', null]], args, kwargs);
    return informationSchema(r, optionalText('view_name', values[0]));
  },
  information_schema_only: (r) => informationSchema(r, null),
  to_dict: (r) =>
    new Dict([
      ['path', record({ database: r.database, schema: r.schema, identifier: r.identifier })],
      ['type', r.type],
      ['quote_character', '"'],
      ['include_policy', record({ ...r.includePolicy })],
      ['quote_policy', record({ ...r.quotePolicy })],
      ['dbt_created', r.dbtCreated],
    ]),
};

function informationSchema(r: Relation, view: string | null): Relation {
  return Relation.of({
    database: r.database,
    schema: 'INFORMATION_SCHEMA',
    identifier: view,
    quotePolicy: { database: r.quotePolicy.database, schema: false, identifier: false },
    includePolicy: { database: r.database !== null, schema: true, identifier: view !== null },
  });
}
