/** Beginning a run: the lease if it keeps tables, the private database, and what was there before. */
import type { Clock, Random } from '../base/index.ts';
import {
  type CatalogLog,
  type CatalogRelation,
  fingerprint,
  type Lease,
  readGeneration,
} from '../catalog/index.ts';
import type { Compilation } from '../compiler/index.ts';
import { type FoundRelation, listRelations } from './changes.ts';
import { engineOptions } from './engine-options.ts';
import { takeTurn } from './publish.ts';
import { keepsTables } from './tables-inside.ts';
import type { TargetNotice } from './target.ts';
import { WorkingDatabase } from './working-database.ts';

/** What a run is begun with. */
export interface OpenWorkInput {
  readonly compilation: Compilation;
  /** What the run will do, as far as it is known: decides whether it takes turns. */
  readonly uniqueIds: readonly string[];
  /** The published file; undefined for a target in memory. */
  readonly file: string | undefined;
  readonly log: CatalogLog | undefined;
  readonly writes: boolean;
  readonly storeFailures: boolean;
  readonly purpose: string;
  readonly lockTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onNotice: (notice: TargetNotice) => void;
}

/** What is open between `prepare` and `close`. */
export interface Opened {
  readonly work: WorkingDatabase;
  /** Held by a run that keeps tables. */
  readonly lease: Lease | undefined;
  /** The published file when it was copied. */
  readonly copiedFrom: string | undefined;
  readonly before: readonly FoundRelation[];
  readonly published: readonly CatalogRelation[];
  readonly engineVersion: string;
}

/** Opens the private database of a run. @throws catalog.lease-timeout, catalog.unreadable-file, duckdb.* */
export async function openWork(input: OpenWorkInput): Promise<Opened> {
  const { profile, root } = input.compilation.project;
  const { database } = profile;
  const before = input.log && (await readGeneration(input.log));
  const lease = mustTakeTurns(input, before?.relations ?? [])
    ? await takeTurn({ ...input, log: input.log }, `tables-${database}`)
    : undefined;
  let work: WorkingDatabase | undefined;
  try {
    const copiedFrom = input.file === undefined ? undefined : await fingerprint(input.file);
    work = await WorkingDatabase.open({
      engine: engineOptions(input.compilation.project),
      database,
      root,
      published: input.file,
      besidePublished: input.writes,
      runId: `${input.compilation.invocation.id}-${input.random.uuid().slice(0, 8)}`,
      onWarning: (code, message) => input.onNotice({ kind: 'warning', code, message }),
    });
    // Read after the copy, and after whoever had the lease: never older than the file.
    const newest = input.log && (await readGeneration(input.log));
    const published = newest?.relations ?? [];
    for (const relation of published) noteRelation(work, relation);
    const session = await work.session();
    const found = await listRelations(session.connection, database).finally(() => session.release());
    work.setIndex(
      found.flatMap(({ kind, schema, name, ...rest }) =>
        kind === 'macro' ? [] : [{ database: rest.database, schema, identifier: name, kind }],
      ),
    );
    return { work, lease, copiedFrom, before: found, published, engineVersion: await work.version() };
  } catch (error) {
    await work?.close();
    await lease?.release();
    throw error;
  }
}

function mustTakeTurns(
  input: OpenWorkInput,
  published: readonly CatalogRelation[],
): input is OpenWorkInput & { readonly log: CatalogLog } {
  if (input.log === undefined || !input.writes) return false;
  const { manifest, project } = input.compilation;
  const { uniqueIds, storeFailures } = input;
  return keepsTables({ manifest, uniqueIds, database: project.profile.database, published, storeFailures });
}

function noteRelation(work: WorkingDatabase, relation: CatalogRelation): void {
  if (relation.kind === 'table' || relation.kind === 'macro') return;
  const name = { database: relation.database, schema: relation.schema, identifier: relation.name };
  work.note(
    name,
    {
      shown: relation.kind === 'delta' ? 'table' : 'view',
      catalogKind: relation.kind,
      location: relation.location,
      format: relation.format,
      deltaVersion: relation.deltaVersion,
      pins: relation.pins,
      sql: relation.sql,
      uniqueId: relation.uniqueId,
    },
    false,
  );
}
