/** A project that is watched while files are saved, broken and mended. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { build, init } from '../index.ts';
import { type DevOptions, type DevUpdate, dev } from './dev.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-dev-'));
const shop = join(folder, 'shop');
const here = { projectDir: shop, profilesDir: shop, env: {} };
const put = (path: string, text: string): void => writeFileSync(join(shop, path), text);

beforeAll(async () => {
  await init({ folder: shop });
  await build(here);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A watched project, and its updates one look after the other. */
class Watched {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #look: DevUpdate[] = [];
  readonly #looks: DevUpdate[][] = [];
  #wake: () => void = () => {};
  again: () => void = () => {};

  constructor(options: Partial<DevOptions> = {}) {
    this.#done = dev({
      ...here,
      ...options,
      signal: this.#stop.signal,
      onReady: (again) => {
        this.again = again;
      },
      onUpdate: (update) => {
        this.#look.push(update);
        if (update.kind !== 'idle') return;
        this.#looks.push(this.#look);
        this.#look = [];
        this.#wake();
      },
    });
  }

  /** The next look that `isIt` is true of. */
  async until(isIt: (look: readonly DevUpdate[]) => boolean): Promise<readonly DevUpdate[]> {
    for (;;) {
      const look = this.#looks.shift();
      if (look !== undefined && isIt(look)) return look;
      if (look === undefined) {
        await new Promise<void>((woken) => {
          this.#wake = woken;
        });
      }
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

let watched: Watched | undefined;
afterEach(async () => {
  await watched?.end();
  watched = undefined;
});

function of<Kind extends DevUpdate['kind']>(
  look: readonly DevUpdate[],
  kind: Kind,
): Extract<DevUpdate, { kind: Kind }> | undefined {
  return look.find((update): update is Extract<DevUpdate, { kind: Kind }> => update.kind === kind);
}

const rowsOf = (look: readonly DevUpdate[]): (string | null)[][] | undefined =>
  of(look, 'preview')?.grid.rows.map((row) => row.map(({ text }) => text));

describe('dev', () => {
  it('shows the model last edited, its SQL and its rows, through mistakes of every kind', async () => {
    watched = new Watched();
    const first = await watched.until(() => true);
    expect(of(first, 'checked')).toMatchObject({ project: 'shop', nodes: 11 });
    expect(of(first, 'broken')).toBeUndefined();

    put('models/mine.sql', "select order_id from {{ ref('orders') }} order by 1 limit 2");
    const second = await watched.until((look) => of(look, 'compiled')?.name === 'mine');
    expect(of(second, 'looking')?.changed).toEqual(['models/mine.sql']);
    expect(of(second, 'compiled')?.code).toContain('"shop"."silver"."orders"');
    expect(rowsOf(second)).toEqual([['1'], ['2']]);

    put('models/mine.sql', "select {{ ref('ordrs') }}");
    const third = await watched.until((look) => of(look, 'broken') !== undefined);
    expect(of(third, 'broken')).toMatchObject({
      what: 'project',
      error: { code: 'compiler.ref-not-found', location: { line: 1 } },
    });

    put('models/mine.sql', "select\n  nope\nfrom {{ ref('orders') }}");
    const fourth = await watched.until((look) => of(look, 'broken')?.what === 'rows');
    expect(of(fourth, 'compiled')?.name).toBe('mine');
    expect(of(fourth, 'broken')?.error).toMatchObject({
      code: 'duckdb.binder',
      location: { file: join(shop, 'models/mine.sql'), line: 2, column: 3 },
    });

    put('models/mine.sql', 'create table x as select 1');
    const writing = await watched.until((look) => of(look, 'broken')?.what === 'rows');
    expect(of(writing, 'broken')?.error).toMatchObject({ code: 'workflows.not-a-query' });

    const good = readFileSync(join(shop, 'dbt_project.yml'), 'utf8');
    put('dbt_project.yml', 'name: [');
    await watched.until((look) => of(look, 'broken')?.what === 'project');
    put('models/mine.sql', 'select 42 as answer');
    put('dbt_project.yml', good);
    const mended = await watched.until((look) => of(look, 'preview') !== undefined);
    expect(rowsOf(mended)).toEqual([['42']]);

    rmSync(join(shop, 'models/mine.sql'));
    const gone = await watched.until((look) => of(look, 'checked')?.nodes === 11);
    expect(of(gone, 'broken')).toBeUndefined();
  }, 60_000);

  it('sees folders that are made, files that are renamed over others, and looks again when asked', async () => {
    watched = new Watched({ limit: 1 });
    await watched.until(() => true);
    mkdirSync(join(shop, 'models/new'));
    put('models/new/deep.sql', 'select 1 as a union all select 2');
    const made = await watched.until((look) => of(look, 'compiled')?.name === 'deep');
    expect(of(made, 'preview')?.grid).toMatchObject({ truncated: true, rows: [expect.anything()] });
    put('draft.txt', 'select 3 as a');
    renameSync(join(shop, 'draft.txt'), join(shop, 'models/new/deep.sql'));
    const renamed = await watched.until((look) => of(look, 'compiled')?.code === 'select 3 as a');
    expect(rowsOf(renamed)).toEqual([['3']]);
    watched.again();
    const again = await watched.until(() => true);
    expect(of(again, 'looking')?.changed).toEqual([]);
    expect(rowsOf(again)).toEqual([['3']]);
    rmSync(join(shop, 'models/new'), { recursive: true });
  }, 60_000);

  it('stops a query that a newer edit makes idle, and builds nothing', async () => {
    const before = readFileSync(join(shop, 'shop.duckdb'), 'hex');
    watched = new Watched();
    await watched.until(() => true);
    put('models/slow.sql', 'select count(*) from range(100000000000) a, range(1000) b');
    await new Promise((later) => setTimeout(later, 800));
    put('models/slow.sql', 'select 5 as quick');
    const quick = await watched.until((look) => of(look, 'preview') !== undefined);
    expect(rowsOf(quick)).toEqual([['5']]);
    rmSync(join(shop, 'models/slow.sql'));
    expect(readFileSync(join(shop, 'shop.duckdb'), 'hex')).toBe(before);
  }, 60_000);

  it('compiles and asks for no rows when that is wanted', async () => {
    watched = new Watched({ preview: false, select: ['daily_revenue'] });
    const look = await watched.until(() => true);
    expect(of(look, 'compiled')?.name).toBe('daily_revenue');
    expect(of(look, 'preview')).toBeUndefined();
  });
});
