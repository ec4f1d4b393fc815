/** Running a model in TypeScript or JavaScript on a thread of its own, to its end or until it is stopped. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { type BoathouseError, isBoathouseError, type SourceLocation } from '../../base/index.ts';
import type { Bridge } from './bridge.ts';
import { codeModelErrors } from './errors.ts';
import { splitLines } from './lines.ts';
import type { FromThread, Start, ToThread, Trouble } from './messages.ts';
import { takeThread } from './threads.ts';

/** How long a model that is told to stop may take before its thread is ended. */
const stopMs = 500;

/** What running a script needs. */
export interface ScriptRun {
  readonly start: Start;
  readonly bridge: Bridge;
  readonly runId: string;
  readonly signal: AbortSignal | undefined;
  /** A line that the model printed. */
  readonly say: (line: string) => void;
}

/**
 * Runs the model; its rows go over the bridge.
 *
 * @returns the query that it returned, where it returned one.
 * @throws targets.code-failed at the line of the model that threw, targets.code-stopped; the signal's reason
 */
export async function runScript(run: ScriptRun): Promise<string | undefined> {
  run.signal?.throwIfAborted();
  const thread = takeThread(run.runId);
  let isSound = false;
  try {
    const end = await untilEnd(thread.worker, run);
    isSound = true;
    if (end.kind === 'done') return end.sql;
    throw failureOf(end.trouble, run);
  } finally {
    await thread.release(isSound && run.signal?.aborted !== true);
    await run.bridge.close();
  }
}

type End = Extract<FromThread, { readonly kind: 'done' | 'failed' }>;

function untilEnd(worker: Worker, run: ScriptRun): Promise<End> {
  const post = (message: ToThread): void => worker.postMessage(message);
  const { signal } = run;
  return new Promise<End>((resolve, reject) => {
    let ending: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      post({ kind: 'stop' });
      ending = setTimeout(() => fail(signal?.reason), stopMs);
    };
    const lines = [splitLines(run.say), splitLines(run.say)] as const;
    const settle = (work: () => void): void => {
      clearTimeout(ending);
      signal?.removeEventListener('abort', onAbort);
      // What was printed just before the end arrives on another way than the end itself.
      setImmediate(() => {
        for (const { end } of lines) end();
        work();
      });
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    signal?.addEventListener('abort', onAbort, { once: true });
    worker.stdout.setEncoding('utf8').on('data', lines[0].push);
    worker.stderr.setEncoding('utf8').on('data', lines[1].push);
    worker.on('error', (error: Error) => fail(signal?.aborted === true ? signal.reason : thrown(error, run)));
    worker.on('exit', (code) => {
      const why = `it ended its thread (process.exit(${code}))`;
      fail(
        codeModelErrors['code-stopped'](
          { node: run.start.node, why },
          { location: { file: run.start.file } },
        ),
      );
    });
    worker.on('message', (message: FromThread) => {
      if (message.kind !== 'request') {
        settle(() => (signal?.aborted === true ? reject(signal.reason) : resolve(message)));
        return;
      }
      run.bridge.answer(message.request).then(
        (value) => post({ kind: 'answer', id: message.id, value }),
        (error: unknown) => post({ kind: 'refusal', id: message.id, trouble: troubleOf(error) }),
      );
    });
    post(run.start);
  });
}

/** What took the thread down: an error that nobody awaited, or memory that ran out. */
function thrown(error: Error & { readonly code?: unknown }, run: ScriptRun): BoathouseError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return codeModelErrors['code-stopped'](
      { node: run.start.node, why: 'it ran out of memory' },
      {
        location: { file: run.start.file },
        hint: 'Return an async iterable that yields rows as it makes them, or leave the work to a query.',
      },
    );
  }
  return failureOf({ ...troubleOf(error), stack: error.stack }, run);
}

function troubleOf(error: unknown): Trouble {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const known = isBoathouseError(error) ? error : undefined;
  return { name, message, stack: undefined, code: known?.code, hint: known?.hint };
}

function failureOf(trouble: Trouble, { start, bridge }: ScriptRun): BoathouseError {
  const location = placeOf(trouble.stack, start.file);
  const { hint } = trouble;
  if (trouble.cell !== undefined) {
    return codeModelErrors['value-not-storable'](
      { node: start.node, ...trouble.cell, problem: trouble.message },
      { location },
    );
  }
  if (trouble.code === 'targets.undeclared-in-code')
    return codeModelErrors['undeclared-in-code'](
      { node: start.node, problem: trouble.message },
      { location, hint },
    );
  const refused = bridge.refusedAs(trouble);
  if (refused !== undefined) {
    const isOurs = refused.location !== undefined && refused.location.file !== '<sql>';
    return isOurs ? refused : refused.movedTo(location);
  }
  const problem = trouble.name === 'Error' ? trouble.message : `${trouble.name}: ${trouble.message}`;
  return codeModelErrors['code-failed']({ node: start.node, problem }, { location, hint });
}

/** The innermost line of the user's own in a stack, and the calls that led there. */
function placeOf(stack: string | undefined, file: string): SourceLocation {
  const frames = (stack ?? '').split('\n').flatMap((line) => {
    const [, called, url, row, column] =
      /^\s+at (?:async )?(?:(.*?) \()?(file:\/\/[^)]*?):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (url === undefined || url.includes('/node_modules/') || url.includes('/dist/targets/code-models/'))
      return [];
    const path = fileURLToPath(url.replace(/[?#].*$/, ''));
    // Our own parts, where the package isn't installed in anybody's node_modules.
    return path.includes('/dist/chunks/')
      ? []
      : [{ called, path, line: Number(row), column: Number(column) }];
  });
  const [first] = frames;
  if (first === undefined) return { file };
  const stackLines = frames.map(
    ({ called, path, line, column }) => `${called ?? 'module'} (${path}:${line}:${column})`,
  );
  const text = textOf(first.path);
  return {
    file: first.path,
    line: first.line,
    column: first.column,
    ...(text === undefined ? {} : { text }),
    ...(stackLines.length > 1 ? { stack: stackLines.slice(1) } : {}),
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
