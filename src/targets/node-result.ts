/** Results as the runner and `run_results.json` take them. */
import { BoathouseError, BugError } from '../base/index.ts';
import type { ManifestNode } from '../compiler/index.ts';
import { targetErrors } from './errors.ts';
import type { BatchResults, NodeResult, NodeStatus, NodeTiming } from './target.ts';

/** What came of a node's work, before it is timed and named. */
export interface Outcome {
  readonly status: NodeStatus;
  readonly message: string;
  readonly failures?: number;
  readonly code?: string | undefined;
  readonly rowsAffected?: number | undefined;
  readonly executedSql?: string;
  readonly error?: BoathouseError;
  readonly batchResults?: BatchResults;
}

/** A node's trouble as its outcome. Our own mistakes are thrown on. */
export function failureOf(error: unknown, uniqueId: string): Outcome {
  if (error instanceof BugError) throw error;
  if (error instanceof BoathouseError) return { status: 'error', message: error.message, error };
  if (error instanceof Error && error.name === 'AbortError') {
    const stopped = targetErrors.stopped({ node: uniqueId });
    return { status: 'error', message: stopped.message, error: stopped };
  }
  throw error;
}

/** Measures the two parts of a node's work. */
export class NodeTimer {
  readonly #now: () => number;
  readonly #timings: NodeTiming[] = [];
  readonly #startedMs: number;

  /** @param now milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedMs = now();
  }

  /** Runs `work` as that part; a part that fails is timed, too. */
  async time<T>(name: NodeTiming['name'], work: () => Promise<T>): Promise<T> {
    const startedAt = new Date(this.#now());
    try {
      return await work();
    } finally {
      this.#timings.push({ name, startedAt, completedAt: new Date(this.#now()) });
    }
  }

  /** The finished result. */
  result(uniqueId: string, node: ManifestNode | undefined, outcome: Outcome): NodeResult {
    return {
      uniqueId,
      status: outcome.status,
      message: outcome.message,
      failures: outcome.failures ?? null,
      adapterResponse:
        outcome.error || outcome.batchResults || outcome.status === 'no-op'
          ? {}
          : {
              _message: outcome.message === '' || outcome.failures !== undefined ? 'OK' : outcome.message,
              ...(outcome.code === undefined ? {} : { code: outcome.code }),
              ...(outcome.rowsAffected === undefined ? {} : { rows_affected: outcome.rowsAffected }),
            },
      timing: this.#timings,
      executionTimeMs: this.#now() - this.#startedMs,
      error: outcome.error,
      ...(hasHooks(node) ? { isFinal: true } : {}),
      compiled: node?.compiled === true,
      compiledCode: node?.compiled_code ?? null,
      relationName: node?.relation_name ?? null,
      executedSql: outcome.executedSql ?? null,
      ...(outcome.batchResults === undefined ? {} : { batchResults: outcome.batchResults }),
    };
  }
}

function hasHooks(node: ManifestNode | undefined): boolean {
  const { config } = node ?? {};
  return (config?.['pre-hook']?.length ?? 0) + (config?.['post-hook']?.length ?? 0) > 0;
}
