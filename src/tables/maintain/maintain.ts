/** The upkeep of a table: what is worth doing is found, and done. */
import { unreachable } from '../../base/index.ts';
import type { LogCleanup } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { tablesErrors } from '../errors.ts';
import { withScratchSession } from '../scratch.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import { type CompactedLog, checkpointTable, cleanTableLog, compactTableLog } from './log-upkeep.ts';
import { readFacts } from './maintenance-facts.ts';
import {
  type MaintenancePlan,
  type MaintenanceStep,
  type MaintenanceThresholds,
  planSteps,
} from './maintenance-plan.ts';
import { optimize } from './optimize.ts';
import type { OptimizeResult } from './optimize-spec.ts';
import { purge } from './purge.ts';
import { vacuum } from './vacuum.ts';
import type { VacuumResult } from './vacuum-spec.ts';

/**
 * What is worth doing about a table, from its files, its log and its properties, and why. Nothing is written.
 *
 * @param session where conditions are evaluated; one of the library's own unless given.
 * @throws delta.*, storage.*, tables.pinned-table
 */
export async function planMaintenance(
  handle: TableHandle,
  session?: Session,
  thresholds: Partial<MaintenanceThresholds> = {},
  options: OperationOptions = {},
): Promise<MaintenancePlan> {
  if (session === undefined) {
    return withScratchSession((own) => planMaintenance(handle, own, thresholds, options));
  }
  if (handle.isPinned)
    throw tablesErrors['pinned-table']({ table: handle.uri, version: handle.snapshot.version });
  const facts = await readFacts(handle, session, options);
  return { table: handle.uri, version: facts.version, ...planSteps(facts, thresholds) };
}

/** A step that was done, and what it came to. */
export type MaintenanceDone = { readonly step: MaintenanceStep } & (
  | { readonly kind: 'rewritten'; readonly result: OptimizeResult }
  | { readonly kind: 'vacuumed'; readonly result: VacuumResult }
  | { readonly kind: 'checkpointed'; readonly version: number; readonly path: string }
  /** `result` is undefined when others had left nothing to do. */
  | { readonly kind: 'log-compacted'; readonly result: CompactedLog | undefined }
  | { readonly kind: 'log-cleaned'; readonly result: LogCleanup }
);

/**
 * Does what `plan` chose, step by step on the table as it is by then; one that others have done meanwhile comes to
 * nothing. The first that fails ends it, and what was done before stays.
 *
 * @param session where the work is done; one of the library's own unless given.
 * @throws what the steps throw: see `optimize`, `purge`, `vacuum`, `checkpointTable`, `compactTableLog`, `cleanTableLog`
 */
export async function maintain(
  handle: TableHandle,
  session: Session | undefined,
  plan: Pick<MaintenancePlan, 'steps'>,
  options: OperationOptions = {},
): Promise<readonly MaintenanceDone[]> {
  const done: MaintenanceDone[] = [];
  // Several commits can't be one transaction of an application.
  const { transaction: _, ...own } = options;
  for (const step of plan.steps) {
    options.signal?.throwIfAborted();
    done.push(await doStep(handle, session, step, own));
  }
  return done;
}

async function doStep(
  handle: TableHandle,
  session: Session | undefined,
  step: MaintenanceStep,
  options: OperationOptions,
): Promise<MaintenanceDone> {
  switch (step.kind) {
    case 'optimize':
    case 'cluster':
      return { step, kind: 'rewritten', result: await optimize(handle, session, step.spec, options) };
    case 'purge':
      return { step, kind: 'rewritten', result: await purge(handle, session, step.spec, options) };
    case 'vacuum':
      return { step, kind: 'vacuumed', result: await vacuum(handle, step.spec, options) };
    case 'checkpoint': {
      const { version, path } = await checkpointTable(handle, options);
      return { step, kind: 'checkpointed', version, path };
    }
    case 'compact-log':
      return { step, kind: 'log-compacted', result: await compactTableLog(handle, options) };
    case 'clean-log':
      return { step, kind: 'log-cleaned', result: await cleanTableLog(handle, options) };
    default:
      return unreachable(step);
  }
}
