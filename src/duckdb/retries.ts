/**
 * Statements and attachments that are tried again: dbt-duckdb's `retries`.
 *
 * A failed statement ends the engine's transaction, so trying it again alone would be refused. What the
 * transaction did before is therefore remembered, and done again in a new one. Where that can't be done
 * (rows were streamed in, a file was written), the failure stands.
 */
import {
  type Clock,
  isBoathouseError,
  type Random,
  retry,
  systemClock,
  systemRandom,
} from '../base/index.ts';

/** How often, and after which of DuckDB's exceptions, something is tried again. */
export interface EngineRetries {
  readonly attemptsMax: number;
  /** By the names that DuckDB for Python gives them: `IOException`, `HTTPException`. */
  readonly exceptions: readonly string[];
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * What `work` returns, tried again as `retries` say: after about one second, then two, then four.
 *
 * @param canRepeat asked after each failure that would be tried again.
 */
export async function withRetries<T>(
  retries: EngineRetries | undefined,
  work: (attempt: number) => Promise<T>,
  canRepeat: () => boolean = () => true,
): Promise<T> {
  if (retries === undefined || retries.attemptsMax <= 1) return await work(1);
  return await retry(
    { attemptsMax: retries.attemptsMax, delayMsMin: 1_000, delayMsMax: 60_000 },
    retries.clock ?? systemClock,
    retries.random ?? systemRandom,
    (error) => retries.exceptions.includes(exceptionNameOf(error)) && canRepeat(),
    work,
  );
}

/** The name that DuckDB for Python gives an exception, judging by its words. Pure. */
export function exceptionNameOf(error: unknown): string {
  if (isBoathouseError(error, 'duckdb.file-locked')) return 'IOException';
  const message = error instanceof Error ? error.message : String(error);
  const [, kind = ''] = /^([A-Za-z][A-Za-z ]*?) Error: /.exec(message) ?? [];
  const known = irregular[kind];
  if (known !== undefined) return known;
  return `${kind.replace(/(?:^| )([a-z])/gi, (_match, letter: string) => letter.toUpperCase())}Exception`;
}

const irregular: Readonly<Record<string, string>> = {
  TransactionContext: 'TransactionException',
  'Mismatch Type': 'TypeMismatchException',
  INTERNAL: 'InternalException',
  INTERRUPT: 'InterruptException',
  FATAL: 'FatalException',
};

/** The statements of an open transaction, as long as they can be done again. */
export class RepeatableTransaction {
  #statements: string[] | undefined;

  /** A transaction has begun. */
  begin(): void {
    this.#statements = [];
  }

  /** A statement of it went through. */
  note(sql: string): void {
    if (this.#statements === undefined) return;
    if (
      this.#statements.length >= statementsMax ||
      outsideOfTransactions.test(sql.replace(comments, ' ').trim())
    )
      this.spoil();
    else this.#statements.push(sql);
  }

  /** Something happened in it that can't be done again. */
  spoil(): void {
    this.#statements = undefined;
  }

  /** What is run to stand where the transaction stood before it failed; undefined when that is impossible. */
  get repetition(): readonly string[] | undefined {
    return this.#statements && ['ROLLBACK', 'BEGIN TRANSACTION', ...this.#statements];
  }
}

const statementsMax = 1_000;

/** What a rollback doesn't undo, or mustn't happen twice. */
const outsideOfTransactions =
  /^(?:copy|export|import|attach|detach|install|load|call|pragma|prepare|execute)\b/i;

const comments = /\/\*[\s\S]*?\*\/|--[^\n]*/g;
