/** A write as planned on a state of the table: its schema, protocol and files, before any row is asked for. */
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  assertWritable,
  assignColumnIds,
  type FeatureName,
  protocolFor,
  protocolUpgradeFor,
  type Snapshot,
} from '../../delta/index.ts';
import { type Column, quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { clusteringAction } from '../alter/clustering.ts';
import { assertSchema } from '../alter/column-fields.ts';
import { assertStatsColumns } from '../alter/property-rules.ts';
import { type CompletedRow, completeRows } from './complete-rows.ts';
import { writeErrors } from './errors.ts';
import { generationExpression } from './row-checks.ts';
import { planTable, type Staged, type StageRequest } from './stage-table.ts';
import type { TableShape } from './table-shape.ts';
import type { WriteOptions } from './write-options.ts';
import { fillsItself, plannedMetadata, planSchema, type SchemaPlan } from './write-schema.ts';

/** A planned write. */
export interface WriteDraft {
  readonly snapshot: Snapshot | undefined;
  readonly plan: SchemaPlan;
  /** The table as it will be, but for what the files decide. */
  readonly shape: TableShape;
  readonly request: StageRequest;
  /** Drafts that agree in this write the same files for the same rows. */
  readonly files: string;
  /** What changes the table itself, with these files in it. */
  changes(staged: Staged): readonly Action[];
}

/**
 * Plans the write of `query`, which has `columns`. Everything that can be refused is refused here.
 *
 * @throws tables.schema-mismatch, tables.partition-mismatch, tables.bad-partition-column, tables.unsupported-type,
 * tables.duplicate-column, tables.no-columns, tables.unknown-property, tables.bad-property,
 * tables.internal-property, tables.bad-clustering, tables.no-such-column, tables.bad-column-spec, tables.identity-given, tables.bad-expression, delta.unsupported-feature
 */
export async function draftWrite(
  session: Session,
  table: string,
  snapshot: Snapshot | undefined,
  source: { readonly query: string; readonly columns: readonly Column[] },
  options: WriteOptions,
): Promise<WriteDraft> {
  if (snapshot !== undefined) assertWritable(table, snapshot.protocol, snapshot);
  const planned = planSchema(table, snapshot, source.columns, options);
  const random = options.random ?? systemRandom;
  const about = { table, id: random.uuid(), nowMs: (options.clock ?? systemClock).nowMs(), options };
  const bare = plannedMetadata(snapshot, planned, about);
  const keeps = snapshot !== undefined && !planned.changes;
  const { schema, metadata } = keeps
    ? { schema: snapshot.schema, metadata: snapshot.metadata }
    : assignColumnIds(planned.schema, bare, planned.previous, random);
  const also: FeatureName[] = options.clusterBy === undefined ? [] : ['clustering'];
  const protocol =
    snapshot === undefined
      ? protocolFor(table, metadata, schema, also)
      : protocolUpgradeFor(table, snapshot.protocol, metadata, schema, also);
  const clustering = options.clusterBy && clusteringAction(table, schema, metadata, options.clusterBy);
  if (!keeps) assertSchema(table, schema, { protocol, metadata });
  if (snapshot === undefined) assertStatsColumns(table, schema, metadata);
  const plan = { ...planned, schema };
  const shape: TableShape = { protocol, metadata, schema };
  const { query, columns, completed } = await completeQuery(session, table, shape, plan, source);
  const { replaceWhere } = options;
  const request: StageRequest = {
    query,
    columns,
    shape,
    ...(options.targetFileSizeBytes === undefined
      ? {}
      : { targetFileSizeBytes: options.targetFileSizeBytes }),
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    ...(replaceWhere === undefined
      ? {}
      : {
          mustMatch: {
            predicate: replaceWhere,
            fail: (row) => writeErrors['row-outside-predicate']({ table, predicate: replaceWhere, row }),
          },
        }),
    signal: options.signal,
  };
  const stage = planTable(table, columns, request);
  return {
    snapshot,
    plan,
    shape,
    request,
    // What the table fills stands in the query, identity values among it.
    files: `${stage.text}\n${completed?.select ?? ''}`,
    changes: (staged) => {
      const moved = completed?.metadataAfter([staged]) ?? (plan.changes ? metadata : undefined);
      return [
        ...(snapshot?.protocol === protocol ? [] : [protocol]),
        ...(moved === undefined ? [] : [moved]),
        ...(clustering === undefined ? [] : [clustering]),
      ];
    },
  };
}

/** The query with the columns that the table fills itself. */
async function completeQuery(
  session: Session,
  table: string,
  shape: TableShape,
  plan: SchemaPlan,
  source: { readonly query: string; readonly columns: readonly Column[] },
): Promise<{ query: string; columns: readonly Column[]; completed: CompletedRow | undefined }> {
  const isPlain = shape.schema.fields.every(
    (field) => !fillsItself(field) && generationExpression(field) === undefined,
  );
  if (isPlain) return { ...source, completed: undefined };
  const given = new Map(
    Array.from(plan.sources, ([name, column]) => [name, `given.${quoteIdentifier(column.name)}`] as const),
  );
  const completed = completeRows(table, shape, given, { keepMissing: true });
  const query = `SELECT ${completed.select} FROM (${source.query.replace(/[\s;]+$/, '')}\n) AS given`;
  return { query, columns: await session.describe(query), completed };
}
