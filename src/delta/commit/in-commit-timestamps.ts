/**
 * Commit times that rise from version to version, kept in the commit itself.
 *
 * Source: Delta protocol, "In-Commit Timestamps".
 */
import type { Action, Metadata, Protocol } from '../actions.ts';
import { type FeatureUse, isEnabled } from '../features.ts';

/** From which version commits keep their times, in tables that had commits before. */
const enablementVersionProperty = 'delta.inCommitTimestampEnablementVersion';

/** The time of that version. */
const enablementTimestampProperty = 'delta.inCommitTimestampEnablementTimestamp';

/** A state of the table as far as commit times go. */
export type TimedTable = FeatureUse & { readonly protocol: Protocol };

/** The time a commit made at `nowMs` says: later than that of the version before it. Pure. */
export function commitTimestamp(nowMs: number, previousMs: number | undefined): number {
  return previousMs === undefined ? nowMs : Math.max(nowMs, previousMs + 1);
}

/**
 * `actions` with the properties that say since when commits keep their times: set by the commit that turns
 * them on in a table with a past, kept by those after it, gone once they are turned off. Pure.
 */
export function withEnablement(
  actions: readonly Action[],
  before: TimedTable | undefined,
  after: TimedTable,
  version: number,
  timestampMs: number,
): readonly Action[] {
  const metadata = actions.find((action) => action.kind === 'metadata');
  const is = isEnabled(after, 'inCommitTimestamp');
  const was = before !== undefined && isEnabled(before, 'inCommitTimestamp');
  const turnsOn = is && !was && before !== undefined;
  const base = metadata ?? (turnsOn ? after.metadata : undefined);
  if (base === undefined) return actions;
  const configuration = new Map(base.configuration);
  for (const [key, value] of [
    [enablementVersionProperty, version],
    [enablementTimestampProperty, timestampMs],
  ] as const) {
    const known = was && is ? before.metadata.configuration.get(key) : undefined;
    if (turnsOn) configuration.set(key, String(value));
    else if (known !== undefined) configuration.set(key, known);
    else configuration.delete(key);
  }
  const completed: Metadata = { ...base, configuration };
  if (metadata === undefined) return [completed, ...actions];
  return actions.map((action) => (action === metadata ? completed : action));
}
