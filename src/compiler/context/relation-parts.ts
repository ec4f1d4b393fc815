/** What a relation is made of, and how templates say so. */
import { bindArguments, jinjaErrors, type Kwargs, type Value } from '../../jinja/index.ts';
import { optionalBoolean, optionalInteger, optionalText, plainEntries } from './arguments.ts';

/** Which parts of a relation's name something applies to. */
export interface RelationPolicy {
  readonly database: boolean;
  readonly schema: boolean;
  readonly identifier: boolean;
}

/** What makes a relation. Absent parts are none. */
export interface RelationParts {
  readonly database?: string | null | undefined;
  readonly schema?: string | null | undefined;
  readonly identifier?: string | null | undefined;
  readonly type?: string | null | undefined;
  readonly quotePolicy?: Partial<RelationPolicy> | undefined;
  readonly includePolicy?: Partial<RelationPolicy> | undefined;
  /** What stands for the relation in SQL instead of its name: `read_parquet('…')`. */
  readonly external?: string | null | undefined;
  /** `--empty` and `--sample`: rows kept when it is printed as a source of rows. */
  readonly limit?: number | null | undefined;
  /** A condition put around the relation when printed (microbatch's event time). */
  readonly filter?: string | null | undefined;
  /** Whether a limited relation gets an alias. False unless given: DuckDB needs none. */
  readonly requireAlias?: boolean | undefined;
  /** Kept for dbt's `dbt_created`. */
  readonly dbtCreated?: boolean | undefined;
}

/** The types a relation can have; templates see them as text. */
export const relationTypes: Readonly<Record<string, string>> = {
  Table: 'table',
  View: 'view',
  CTE: 'cte',
  MaterializedView: 'materialized_view',
  External: 'external',
  PointerTable: 'pointer_table',
  Function: 'function',
};

/**
 * The keyword arguments of `create`, `incorporate` and `replace_path`: names flat or under `path`.
 *
 * @param others what to do with names that no relation has: dbt's `create` and `incorporate` pass over them.
 * @throws jinja.type-error for such a name unless it is ignored
 */
export function partsOf(kwargs: Kwargs, others: 'refuse' | 'ignore' = 'refuse'): RelationParts {
  const parts: { -readonly [P in keyof RelationParts]: RelationParts[P] } = {};
  for (const [key, value] of kwargs) {
    if (value === undefined) continue;
    switch (key) {
      case 'path':
        Object.assign(parts, partsOf(new Map(plainEntries(value)), others));
        break;
      case 'database':
      case 'schema':
      case 'identifier':
      case 'external':
        parts[key] = optionalText(key, value);
        break;
      case 'type':
        parts.type = optionalText(key, value);
        break;
      case 'limit':
        parts.limit = optionalInteger(key, value);
        break;
      case 'dbt_created':
        parts.dbtCreated = optionalBoolean(key, value) ?? false;
        break;
      case 'require_alias':
        parts.requireAlias = optionalBoolean(key, value) ?? false;
        break;
      case 'quote_policy':
        parts.quotePolicy = policyOf(key, [], new Map(plainEntries(value)));
        break;
      case 'include_policy':
        parts.includePolicy = policyOf(key, [], new Map(plainEntries(value)));
        break;
      // Facts of other adapters' relations, which ours have no use for.
      case 'metadata':
      case 'catalog':
      case 'event_time_filter':
      case 'quote_character':
        break;
      default:
        if (others === 'ignore') break;
        throw jinjaErrors['type-error']({ problem: `a relation has no part named '${key}'` });
    }
  }
  return parts;
}

/** `database`, `schema` and `identifier` as they were given: what isn't there stays as it is. */
export function policyOf(method: string, args: readonly Value[], kwargs: Kwargs): Partial<RelationPolicy> {
  const names = ['database', 'schema', 'identifier'] as const;
  const { values } = bindArguments(
    method,
    names.map((name) => [name, null] as const),
    args,
    kwargs,
  );
  const policy: { -readonly [P in keyof RelationPolicy]?: boolean } = {};
  names.forEach((name, i) => {
    const value = optionalBoolean(name, values[i]);
    if (value !== null) policy[name] = value;
  });
  return policy;
}
