/** Fetching with retries: what a network that comes and goes needs. */
import { type Clock, isBoathouseError, type Random, retry, secrets } from '../../base/index.ts';
import { depsErrors } from './errors.ts';
import { type HttpAnswer, httpGet } from './http-get.ts';
import type { Say } from './say.ts';

/** Fetches what a hub says, and archives. */
export interface Fetcher {
  json(url: string): Promise<{ readonly status: number; readonly body: string }>;
  /** @param use is tried again together with the download: an archive may come torn. */
  archive<T>(url: string, use: (bytes: Buffer) => Promise<T>): Promise<T>;
}

/** What fetching depends on. */
export interface FetcherOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: Say;
  readonly signal?: AbortSignal | undefined;
}

/** Six attempts, as dbt's; the waits grow to two seconds. */
const policy = { attemptsMax: 6, delayMsMin: 250, delayMsMax: 2000 };

const jsonBytesMax = 64 * 2 ** 20;
const archiveBytesMax = 256 * 2 ** 20;
const mayHeal: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A fetcher that tries again what may heal. Its errors are workflows.package-unreachable and what `use` throws. */
export function openFetcher({ env, clock, random, say, signal }: FetcherOptions): Fetcher {
  const seconds = Number(env['DBT_HTTP_TIMEOUT'] ?? '');
  const timeoutMs = seconds > 0 ? seconds * 1000 : 30_000;
  const once = async (url: string, bytesMax: number): Promise<HttpAnswer> => {
    const shown = shownUrl(url);
    let answer: HttpAnswer;
    try {
      answer = await httpGet(url, { env, timeoutMs, bytesMax, signal });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      const problem = cause instanceof Error ? problemOf(cause) : String(cause);
      const error = depsErrors['package-unreachable']({ url: shown, problem }, { cause });
      throw cause instanceof TypeError || cause instanceof RangeError ? new Final(error) : error;
    }
    if (answer.status === 200) return answer;
    const error = depsErrors['package-unreachable']({
      url: shown,
      problem: `the server answered ${answer.status}`,
    });
    throw mayHeal.has(answer.status) ? error : new Final(error);
  };
  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    const isRetryable = (error: unknown): boolean =>
      signal?.aborted !== true &&
      isBoathouseError(error) &&
      (error.retryable || error.code === 'workflows.bad-archive');
    try {
      return await retry(policy, clock, random, isRetryable, async (attempt) => {
        try {
          return await work();
        } catch (error) {
          if (isRetryable(error) && attempt < policy.attemptsMax) {
            const text = `Retrying external call. Attempt: ${attempt} Max attempts: ${policy.attemptsMax}`;
            say('debug', 'M020', 'RetryExternalCall', text, { attempt, max: policy.attemptsMax });
          }
          throw error;
        }
      });
    } catch (error) {
      throw error instanceof Final ? error.error : error;
    }
  };
  return {
    json: (url) =>
      again(async () => {
        const { status, body } = await once(url, jsonBytesMax);
        return { status, body: body.toString('utf8') };
      }),
    archive: (url, use) => again(async () => use((await once(url, archiveBytesMax)).body)),
  };
}

/** An error that no second attempt mends. */
class Final extends Error {
  readonly error: Error;

  constructor(error: Error) {
    super(error.message);
    this.error = error;
  }
}

/** Node says some failures without a message, as several at once. */
function problemOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [];
  const told = first instanceof Error ? first.message : error.message;
  return told === '' && 'code' in error ? String(error.code) : told;
}

/** A URL without its login. */
function shownUrl(url: string): string {
  return secrets.scrub(url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1'));
}
