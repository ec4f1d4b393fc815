/**
 * A statement whose conditions and values read the very table it changes, as `id = (SELECT max(id) FROM t)`.
 *
 * They have to see the state that the statement is planned on. So they are fixed to one, and when another commit
 * changed the table since, the whole statement is begun anew.
 */
import { isBoathouseError, systemClock, systemRandom } from '../../base/index.ts';
import { relationOf } from '../read/scan.ts';
import type { TableHandle } from '../table-handle.ts';
import { ownReads } from './own-reads.ts';
import type { StatementContext } from './statement-context.ts';

/** Makes SQL ready for the engine, with reads of the table replaced by one of its states. */
export type Resolve = (sql: string) => Promise<string>;

/** What a statement whose SQL read the table has to be told; nothing when it didn't. */
export interface StateRead {
  readonly readVersion?: number;
}

/**
 * `work` with a way to resolve its expressions, and to say afterwards whether they read the table. Begins with the
 * state that the handle is at.
 *
 * @throws delta.commit-conflict after losing too often; whatever `work` throws.
 */
export async function onOneState<T>(
  handle: TableHandle,
  context: StatementContext,
  work: (resolve: Resolve, read: () => StateRead) => Promise<T>,
): Promise<T> {
  const { clock = systemClock, random = systemRandom } = context.options;
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = attempt === 1 ? handle.snapshot : await handle.refresh();
    let isRead = false;
    const resolve = async (sql: string): Promise<string> => {
      const own = await ownReads(sql, handle.uri, context);
      if (own === undefined) return context.resolve(sql);
      isRead = true;
      return context.resolve(own((await relationOf(snapshot, handle.storage)).sql));
    };
    try {
      return await work(resolve, () => (isRead ? { readVersion: snapshot.version } : {}));
    } catch (error) {
      const mayPass = isRead && isBoathouseError(error, 'delta.commit-conflict');
      if (!mayPass || attempt >= attemptsMax) throw error;
      await clock.sleep(delayMs * random.fraction());
    }
  }
}

/** How often a statement is begun anew. */
const attemptsMax = 20;

/** Statements that lost together shouldn't meet again. */
const delayMs = 20;
