/** Waiting for a lease of the catalog, and telling the user whom it waits for. */
import type { Clock, Random } from '../base/index.ts';
import { acquireLease, type CatalogLog, describeHolder, type Lease } from '../catalog/index.ts';
import type { TargetNotice } from './target.ts';

/** How a run waits. */
export interface TurnInput {
  readonly log: CatalogLog;
  /** What others who wait are told that this run does. */
  readonly purpose: string;
  readonly lockTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onNotice: (notice: TargetNotice) => void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** The lease `name` of the file's folder. @throws catalog.lease-timeout */
export async function takeTurn(input: TurnInput, name: string): Promise<Lease> {
  return await acquireLease(input.log.storage, name.replace(/[^\w.-]/g, '_'), {
    purpose: input.purpose,
    timeoutMs: input.lockTimeoutMs,
    clock: input.clock,
    random: input.random,
    signal: input.signal,
    onWait: (holder) =>
      input.onNotice({
        kind: 'waiting',
        lease: name,
        holder: describeHolder(holder),
        sinceMs: holder.sinceMs,
      }),
  });
}
