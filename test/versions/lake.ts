/** A project whose lake is in a folder or in a bucket, for tests that hold both to the same. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openStorage, type Storage, type StorageOptions } from '../../src/storage/index.ts';
import { build, query } from '../../src/workflows/index.ts';
import { type Store, type StoreKind, startStore, storeReason } from '../stores/server.ts';

/** Where the lake is. */
export type LakeKind = 'folder' | StoreKind;

/** MinIO is for `npm run test:minio`; a bucket of its kind is tested by versitygw. */
export const lakeKinds: readonly LakeKind[] =
  process.env['BOATHOUSE_STORES_FULL'] === undefined
    ? ['folder', 'versitygw']
    : ['folder', 'versitygw', 'minio'];

/** Why lakes of that kind can't be tested here; undefined when they can. */
export function lakeReason(kind: LakeKind): string | undefined {
  return kind === 'folder' ? undefined : storeReason(kind);
}

/** A place that lakes are made in: one server for many of them. */
export class LakeGround {
  readonly #store: Store | undefined;
  #lakes = 0;

  private constructor(store: Store | undefined) {
    this.#store = store;
  }

  static async open(kind: LakeKind): Promise<LakeGround> {
    return new LakeGround(kind === 'folder' ? undefined : await startStore({ kind }));
  }

  /** A project with nothing built. Its profile's target is `prod`. */
  async lake(texts: Readonly<Record<string, string>>): Promise<TestLake> {
    const project = await mkdtemp(join(tmpdir(), 'boathouse-versions-'));
    this.#lakes += 1;
    const bucket = `lake-${this.#lakes}`;
    await this.#store?.createBucket(bucket);
    const lake = new TestLake(project, this.#store, this.#store === undefined ? project : `s3://${bucket}`);
    await lake.put({ 'profiles.yml': lake.profile(), ...texts });
    return lake;
  }

  async close(): Promise<void> {
    await this.#store?.stop();
  }
}

/** One project and its lake. */
export class TestLake {
  readonly project: string;
  /** The folder of the catalog, as a path or URI. */
  readonly root: string;
  readonly options: StorageOptions;
  readonly #store: Store | undefined;

  constructor(project: string, store: Store | undefined, root: string) {
    this.project = project;
    this.root = root;
    this.#store = store;
    this.options = store?.options ?? {};
  }

  /** What every verb is asked with. */
  get base(): { readonly projectDir: string; readonly logPath: null } {
    return { projectDir: this.project, logPath: null };
  }

  get storage(): Storage {
    return openStorage(this.root, this.options);
  }

  /** The published file. */
  get catalog(): string {
    return `${this.root}/lake.duckdb`;
  }

  profile(lakehouse = ''): string {
    const output: Record<string, unknown> = {
      type: 'duckdb',
      path: this.catalog,
      external_root: `${this.root}/lake`,
      threads: 2,
    };
    const store = this.#store;
    if (store !== undefined) {
      output['secrets'] = [
        {
          type: 's3',
          region: store.region,
          key_id: store.accessKeyId,
          secret: store.secretAccessKey,
          endpoint: store.endpoint.replace('http://', ''),
          url_style: 'path',
          use_ssl: 'false',
        },
      ];
    }
    const printed = JSON.stringify(output).slice(1, -1);
    return `shop: { target: prod, outputs: { prod: { ${printed}${lakehouse === '' ? '' : `, lakehouse: ${lakehouse}`} } } }\n`;
  }

  async put(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(this.project, path)), { recursive: true });
      await writeFile(join(this.project, path), text);
    }
  }

  /** Builds with the variable `batch`. */
  async batch(number: number, more: Parameters<typeof build>[0] = {}): Promise<void> {
    const result = await build({ ...this.base, vars: { batch: number }, ...more });
    const failed = result.results.filter(({ status }) => status === 'error' || status === 'fail');
    if (failed.length > 0)
      throw failed[0]?.error ?? new Error(failed.map(({ message }) => message).join('\n'));
  }

  async rows(sql: string, more: object = {}): Promise<unknown[][]> {
    const grid = await query({ ...this.base, sql, ...more });
    return grid.rows.map((row) => row.map(({ json }) => JSON.parse(json)));
  }

  /** Every object of the lake that isn't a branch's, nor comes and goes with work, with its bytes' sum. */
  async objects(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for await (const { path } of this.storage.list('')) {
      if (/(?:^|\/)(?:branches|heads|target|leases|models)\//.test(path)) continue;
      found.set(
        path,
        createHash('sha256')
          .update(await this.storage.read(path))
          .digest('hex'),
      );
    }
    return found;
  }

  /** The names of all objects that begin so. */
  async names(prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const { path } of this.storage.list(prefix)) names.push(path);
    return names;
  }

  async remove(): Promise<void> {
    await rm(this.project, { recursive: true, force: true });
  }
}
