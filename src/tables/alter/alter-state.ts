/** A table in the middle of being changed: what it becomes, and what has to hold before it may. Pure. */
import type { Random } from '../../base/index.ts';
import {
  assignColumnIds,
  columnMappingMode,
  type DomainMetadata,
  type FeatureName,
  type Metadata,
  type Protocol,
  type Snapshot,
  type StructType,
} from '../../delta/index.ts';
import type { TableExpression } from './expression-checks.ts';

/** What rows that are there already have to be. */
export type RowRule =
  | { readonly kind: 'constraint'; readonly name: string; readonly expression: string }
  /** Names that lead to a column, or to a part of a list or map. */
  | { readonly kind: 'not-null'; readonly names: readonly string[] };

/** The state after some changes. */
export interface AlterState {
  readonly table: string;
  /** As it was before all of them. */
  readonly snapshot: Snapshot;
  readonly schema: StructType;
  /** Its schema text is brought up to date at the end. */
  readonly metadata: Metadata;
  readonly protocol: Protocol;
  readonly clustering: DomainMetadata | undefined;
  /** Properties that only ask for a protocol. */
  readonly asked: ReadonlyMap<string, string>;
  readonly features: readonly FeatureName[];
  /** To be tried out, since they are new. */
  readonly expressions: readonly TableExpression[];
  readonly rules: readonly RowRule[];
  /** Whether the changes rest on which files there are. */
  readonly readsFiles: boolean;
}

/** `state` with other properties. */
export function withConfiguration(
  state: AlterState,
  change: (configuration: Map<string, string>) => void,
): AlterState {
  const configuration = new Map(state.metadata.configuration);
  change(configuration);
  return { ...state, metadata: { ...state.metadata, configuration } };
}

/** `after` with ids and names for files given to the fields that came since `before`. */
export function withColumnIds(before: AlterState, after: AlterState, random: Random): AlterState {
  const isSame = before.schema === after.schema && before.metadata === after.metadata;
  if (isSame || columnMappingMode(after.metadata) === 'none') return after;
  const { schema, metadata } = assignColumnIds(after.schema, after.metadata, before.schema, random);
  return { ...after, schema, metadata };
}
