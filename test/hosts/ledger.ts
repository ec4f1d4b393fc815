/** What hosts were told, held against what is in the table: nothing lost, nothing twice, nothing half. */
import { rowsPerBatch, type WorkKind, type WorkLine } from './worker.ts';

/** What a state of the table has of one append. */
export interface LedgerRow {
  readonly writer: number;
  readonly batch: number;
  readonly rows: number;
  readonly parts: number;
  readonly touchedMin: number;
  readonly touchedMax: number;
}

/** The rows of a table's state, by what one append brought. */
export function ledgerOf(rows: readonly Readonly<Record<string, unknown>>[]): LedgerRow[] {
  const batches = new Map<
    string,
    { first: readonly [number, number]; parts: unknown[]; touched: number[] }
  >();
  for (const row of rows) {
    const first = [Number(row['writer']), Number(row['batch'])] as const;
    const batch = batches.get(first.join(' ')) ?? { first, parts: [], touched: [] };
    batches.set(first.join(' '), batch);
    batch.parts.push(String(row['part']));
    batch.touched.push(Number(row['touched']));
  }
  return [...batches.values()].map(({ first: [writer, batch], parts, touched }) => ({
    writer,
    batch,
    rows: parts.length,
    parts: new Set(parts).size,
    touchedMin: Math.min(...touched),
    touchedMax: Math.max(...touched),
  }));
}

/** What a state has half, whoever wrote it. */
export function halves(rows: readonly LedgerRow[]): string[] {
  return rows
    .filter(
      (row) => row.rows !== rowsPerBatch || row.parts !== rowsPerBatch || row.touchedMin !== row.touchedMax,
    )
    .map((row) => `half of a batch: ${JSON.stringify(row)}`);
}

interface Expected {
  /** How many may be there; [3] when it is known. */
  counts: Set<number>;
  touchedMin: number;
  touchedMax: number;
}

/** What the table has that it can't, or lacks. @param told what each writer printed */
export function wrongs(told: ReadonlyMap<number, readonly WorkLine[]>, rows: readonly LedgerRow[]): string[] {
  const found = new Map(rows.map((row) => [`${row.writer} ${row.batch}`, row]));
  const wrong = halves(rows);
  const known = new Set<string>();
  for (const [writer, lines] of told) {
    for (const [batch, expected] of expectations(lines)) {
      const key = `${writer} ${batch}`;
      known.add(key);
      const row = found.get(key);
      if (!expected.counts.has(row?.rows ?? 0)) {
        wrong.push(`batch ${key} has ${row?.rows ?? 0} rows, expected ${[...expected.counts].join(' or ')}`);
      }
      if (row && (row.touchedMin < expected.touchedMin || row.touchedMax > expected.touchedMax)) {
        wrong.push(
          `batch ${key} was changed ${row.touchedMin} times, told ${expected.touchedMin} to ${expected.touchedMax}`,
        );
      }
    }
  }
  for (const key of found.keys()) if (!known.has(key)) wrong.push(`batch ${key} was never begun`);
  return wrong;
}

function expectations(lines: readonly WorkLine[]): Map<number, Expected> {
  const batches = new Map<number, Expected>();
  for (const [i, line] of lines.entries()) {
    if (line.said !== 'begin') continue;
    const outcome = outcomeOf(lines[i + 1]);
    if (outcome === 'no') {
      if (line.kind === 'append')
        batches.set(line.batch, { counts: new Set([0]), touchedMin: 0, touchedMax: 0 });
      continue;
    }
    apply(batches, line.kind, line.batch, outcome);
  }
  return batches;
}

function apply(
  batches: Map<number, Expected>,
  kind: WorkKind,
  batch: number,
  outcome: 'yes' | 'maybe',
): void {
  const before = batches.get(batch);
  if (kind === 'append') {
    const counts = new Set(outcome === 'yes' ? [rowsPerBatch] : [0, rowsPerBatch]);
    batches.set(batch, { counts, touchedMin: 0, touchedMax: 0 });
  } else if (kind === 'update' && before) {
    before.touchedMax += 1;
    // An append that may not have happened may have happened later, after this change found nothing.
    if (outcome === 'yes' && !before.counts.has(0)) before.touchedMin += 1;
  } else if (kind === 'delete' && before) {
    if (outcome === 'maybe' || before.counts.has(0)) before.counts.add(0);
    else before.counts = new Set([0]);
  }
}

/** Only an unreachable store leaves it open whether something happened; other errors say that it didn't. */
function outcomeOf(next: WorkLine | undefined): 'yes' | 'no' | 'maybe' {
  if (next?.said === 'done') return 'yes';
  if (next?.said === 'failed') return next.code === 'storage.unreachable' ? 'maybe' : 'no';
  return 'maybe';
}
