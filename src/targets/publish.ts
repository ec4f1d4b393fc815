/**
 * Making a run's work visible: one generation of the catalog and the file built from it.
 *
 * The file is staged first, because building it is what can fail; then the generation is created, and
 * the file renamed into place. Publishers of one file do this one after the other, for the moment it
 * takes, so that an older file never replaces a newer one.
 */
import { isBoathouseError, type Clock, type Random } from '../base/index.ts';
import {
  acquireLease,
  applyChanges,
  type CatalogChanges,
  type CatalogLog,
  describeHolder,
  fingerprint,
  isEmptyChange,
  type Lease,
  publishGeneration,
  readGeneration,
  stageCatalogFile,
  sweepCatalog,
} from '../catalog/index.ts';
import { basename } from 'node:path';
import { targetErrors } from './errors.ts';
import type { PublishResult, TargetNotice } from './target.ts';

/** What is published, and where. */
export interface PublishInput {
  readonly log: CatalogLog;
  readonly changes: CatalogChanges;
  readonly database: string;
  readonly path: string;
  readonly runId: string;
  readonly purpose: string;
  /** The private file, when this run kept tables in it. */
  readonly tablesFile: string | undefined;
  /** Held by runs that keep tables. */
  readonly tablesLease: Lease | undefined;
  /** The published file when it was copied. */
  readonly copiedFrom: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly lockTimeoutMs: number;
  readonly graceMs: number;
  readonly onNotice: (notice: TargetNotice) => void;
}

/** Publishes, or does nothing when nothing changed. @throws catalog.*, targets.tables-overtaken */
export async function publish(input: PublishInput): Promise<PublishResult> {
  const { log, changes, path } = input;
  const keptTables = input.tablesFile !== undefined;
  if (isEmptyChange(changes) && !keptTables && (await fingerprint(path)) !== undefined) {
    const newest = await readGeneration(log);
    return { published: false, generation: newest?.number ?? null, path, changed: 0 };
  }
  const turn = await takeTurn(input, `publish-${basename(path)}`);
  try {
    await input.tablesLease?.check();
    // A run that wasn't expected to keep tables holds no lease: another may have published since.
    if (keptTables && !input.tablesLease && (await fingerprint(path)) !== input.copiedFrom) {
      throw targetErrors['tables-overtaken']({ path });
    }
    const newest = await readGeneration(log);
    const relations = applyChanges(newest?.relations ?? [], changes);
    const hasTables = relations.some(
      (relation) =>
        relation.kind === 'table' && relation.database.toLowerCase() === input.database.toLowerCase(),
    );
    const tablesFrom = hasTables ? (input.tablesFile ?? path) : undefined;
    const staged = await stageCatalogFile(
      { relations },
      {
        database: input.database,
        path,
        random: input.random,
        ...(tablesFrom === undefined ? {} : { tablesFrom }),
      },
    );
    try {
      for (const { relation, problem } of staged.broken) {
        input.onNotice({
          kind: 'warning',
          code: 'targets.broken-view',
          message: `${relation.schema}.${relation.name} can't be read any more and is left out of ${basename(path)}: ${problem}`,
          ...(relation.uniqueId === null ? {} : { uniqueId: relation.uniqueId }),
        });
      }
      const generation = await publishGeneration(log, changes, {
        runId: input.runId,
        clock: input.clock,
        random: input.random,
      });
      await staged.publish();
      const changed = changes.upserts.length + changes.removals.length;
      return { published: true, generation: generation.number, path, changed };
    } finally {
      await staged.discard();
    }
  } finally {
    await turn.release();
    await sweep(input);
  }
}

/** The lease `name` of the file's folder; says whom it waits for. @throws catalog.lease-timeout */
export async function takeTurn(
  input: Pick<PublishInput, 'log' | 'purpose' | 'lockTimeoutMs' | 'clock' | 'random' | 'onNotice'>,
  name: string,
): Promise<Lease> {
  return await acquireLease(input.log.storage, name.replace(/[^\w.-]/g, '_'), {
    purpose: input.purpose,
    timeoutMs: input.lockTimeoutMs,
    clock: input.clock,
    random: input.random,
    onWait: (holder) =>
      input.onNotice({
        kind: 'waiting',
        lease: name,
        holder: describeHolder(holder),
        sinceMs: holder.sinceMs,
      }),
  });
}

/** What is left over is only disk space: trouble here must not fail a run that has published. */
async function sweep(input: PublishInput): Promise<void> {
  try {
    await sweepCatalog(input.log, { graceMs: input.graceMs, nowMs: input.clock.nowMs() });
  } catch (error) {
    const message = isBoathouseError(error) ? error.message : String(error);
    input.onNotice({ kind: 'warning', code: 'targets.sweep-failed', message });
  }
}
