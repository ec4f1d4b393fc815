/**
 * A thread in which models run: the program of a worker.
 *
 * The run keeps the database; the thread asks it by messages. So a model that never ends, leaves the process or
 * runs out of memory takes this thread with it and nothing else.
 */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type * as Arrow from 'apache-arrow';
import { type Cell, toCell, toModelValue } from './cells.ts';
import { BadCell, deliver } from './deliver.ts';
import {
  type Columns,
  type FromThread,
  keyOf,
  type RelationText,
  type Request,
  type Start,
  type ToThread,
  type Trouble,
} from './messages.ts';
import type { ConfigFunction, ModelContext, ModelParameters, ModelRow, RefOptions } from './model-context.ts';
import { isThreadRelation, type RelationHost, sqlTag, ThreadRelation } from './thread-relation.ts';

const port = parentPort;
if (port !== null) {
  process.setSourceMapsEnabled(true);
  register(new URL('./loader-hooks.js', import.meta.url));
  const waiting = new Map<number, { answer: (value: unknown) => void; refuse: (error: Error) => void }>();
  let asked = 0;
  let stopping = new AbortController();

  const post = (message: FromThread): void => port.postMessage(message);
  const ask = <Answer>(request: Request): Promise<Answer> => {
    asked += 1;
    const id = asked;
    // An error that comes back shows the line that asked.
    const here = new Error();
    return new Promise<Answer>((answer, refuse) => {
      waiting.set(id, {
        answer: answer as (value: unknown) => void,
        refuse: (error) => {
          error.stack = `${error.name}: ${error.message}\n${here.stack?.split('\n').slice(1).join('\n') ?? ''}`;
          refuse(error);
        },
      });
      post({ kind: 'request', id, request });
    });
  };

  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'start':
        stopping = new AbortController();
        void run(message, ask, stopping.signal).then(post);
        return;
      case 'answer':
        waiting.get(message.id)?.answer(message.value);
        waiting.delete(message.id);
        return;
      case 'refusal': {
        const { trouble } = message;
        const error = Object.assign(new Error(trouble.message), {
          code: trouble.code,
          hint: trouble.hint,
          ...(trouble.cell === undefined ? {} : { cell: trouble.cell }),
        });
        error.name = trouble.name;
        waiting.get(message.id)?.refuse(error);
        waiting.delete(message.id);
        return;
      }
      case 'stop':
        stopping.abort();
        return;
    }
  });
}

type Ask = <Answer>(request: Request) => Promise<Answer>;

async function run(start: Start, ask: Ask, signal: AbortSignal): Promise<FromThread> {
  try {
    const module = (await import(pathToFileURL(start.file).href)) as { readonly default?: unknown };
    const model = module.default;
    if (typeof model !== 'function') throw new TypeError('the default export is no function');
    const result: unknown = await (model as (context: ModelContext) => unknown)(
      contextOf(start, ask, signal),
    );
    const sql = await deliver(result, start.file, {
      rows: (rows) => ask({ kind: 'rows', rows }),
      arrow: (bytes) => ask({ kind: 'arrow-rows', bytes }),
    });
    return { kind: 'done', sql };
  } catch (error) {
    return { kind: 'failed', trouble: troubleOf(error) };
  }
}

function contextOf(start: Start, ask: Ask, signal: AbortSignal): ModelContext {
  const host = hostOf(ask);
  const related = (key: string, called: string): ThreadRelation => {
    const found = start.relations[key];
    if (found === undefined) throw undeclared(called);
    return new ThreadRelation(host, found);
  };
  const config: ConfigFunction = Object.assign(() => undefined, {
    get: (key: string, otherwise?: unknown): never => (start.config[key] ?? otherwise) as never,
  });
  return {
    ref: (...args: readonly (string | RefOptions | undefined)[]) => {
      const names = args.filter((arg) => typeof arg === 'string');
      const options = args.find((arg) => typeof arg === 'object');
      const version = options?.version ?? options?.v ?? null;
      const [packageName, name] = names.length > 1 ? names : [null, names[0]];
      const called = `ref(${names.map((one) => `'${one}'`).join(', ')})`;
      return related(keyOf('ref', [packageName ?? null, name ?? '', version]), called) as never;
    },
    source: (source, table) =>
      related(keyOf('source', [source, table]), `source('${source}', '${table}')`) as never,
    config,
    sql: sqlTag(host),
    this: new ThreadRelation(host, start.self),
    isIncremental: start.isIncremental,
    batch: start.batch,
    target: start.target,
    vars: start.vars,
    session: {
      query: (sql, params) => host.rows(textOf(sql), params) as Promise<never>,
      run: (sql, params) => ask({ kind: 'run', sql, params: cellsOf(params) }),
      stream: (sql, params) => host.stream(textOf(sql), params) as AsyncIterable<never>,
      arrow: (sql, params) => host.arrow(textOf(sql), params),
    },
    signal,
  };
}

interface Host extends RelationHost {
  rows(sql: string, params?: ModelParameters): Promise<ModelRow[]>;
  stream(sql: string, params?: ModelParameters): AsyncIterable<ModelRow>;
  arrow(sql: string, params?: ModelParameters): Promise<Arrow.Table>;
}

function hostOf(ask: Ask): Host {
  let streams = 0;
  return {
    rows: async (sql, params) => [
      ...rowsOf(await ask<Columns>({ kind: 'query', sql, params: cellsOf(params) })),
    ],
    columns: (sql) => ask({ kind: 'columns', sql }),
    arrow: async (sql, params) => {
      const bytes = await ask<Uint8Array>({ kind: 'arrow', sql, params: cellsOf(params) });
      const { tableFromIPC } = await import('apache-arrow');
      return tableFromIPC(bytes);
    },
    stream: async function* (sql, params) {
      streams += 1;
      const stream = streams;
      await ask({ kind: 'open', stream, sql, params: cellsOf(params) });
      try {
        for (;;) {
          const batch = await ask<Columns | null>({ kind: 'next', stream });
          if (batch === null) return;
          yield* rowsOf(batch);
        }
      } finally {
        await ask({ kind: 'close', stream });
      }
    },
  };
}

function* rowsOf({ names, columns, count }: Columns): Generator<ModelRow> {
  for (let row = 0; row < count; row += 1) {
    const values: Record<string, unknown> = {};
    names.forEach((name, index) => {
      values[name] = toModelValue(columns[index]?.[row] ?? null);
    });
    yield values;
  }
}

function cellsOf(params: ModelParameters | undefined): Cell | undefined {
  if (params === undefined) return undefined;
  if (Array.isArray(params)) return params.map((value) => toCell(value));
  const named = Object.entries(params);
  return {
    is: 'struct',
    names: named.map(([name]) => name),
    values: named.map(([, value]) => toCell(value)),
  };
}

function textOf(sql: string | { readonly sql: string }): string {
  if (typeof sql === 'string') return sql;
  return isThreadRelation(sql) ? sql.query : sql.sql;
}

function undeclared(called: string): Error {
  const error = new Error(`${called} is asked for, and what was read of the model doesn't say so`);
  return Object.assign(error, {
    code: 'targets.undeclared-in-code',
    hint: `Write ${called} in the model's own function, where it is seen without running it, and hand on what it gives.`,
  });
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, code: undefined, hint: undefined };
  }
  const { code, hint, cell } = error as Partial<Record<'code' | 'hint', unknown>> & Pick<Trouble, 'cell'>;
  const ownCell = error instanceof BadCell ? error.cell : cell;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' ? code : undefined,
    hint: typeof hint === 'string' ? hint : undefined,
    ...(ownCell === undefined ? {} : { cell: ownCell }),
  };
}

/** Kept for its type: the texts that a run is started with. */
export type { RelationText };
