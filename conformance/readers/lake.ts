/** The lake of docs/guide/other-readers.md, built by us in a folder or a bucket for others to read. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from '../../src/workflows/index.ts';
import type { Store } from '../../test/stores/server.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nprofile: shop\n',
  'models/orders.sql': `{{ config(materialized='table', format='delta', partition_by=['country']) }}
select * from (values (1, 'de', 10.50), (2, 'fr', 20.00), (3, 'de', 5.25)) t(id, country, amount)`,
  'models/prices.sql': `{{ config(materialized='external') }} select 'apple' as fruit, 3 as price`,
  'models/totals.sql': `{{ config(materialized='view') }}
select country, sum(amount)::double as total from {{ ref('orders') }} group by country`,
  'models/kept.sql': `{{ config(materialized='table') }} select 42 as answer`,
};

/** A lake with a Delta table `orders`, a view `totals`, a Parquet file `prices` and a plain table `kept`. */
export class ReadersLake implements AsyncDisposable {
  /** The folder of the project. Of a lake in a folder: that of its files, too. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param store the lake is in its bucket `lake`; without, in a folder. */
  static async build(store?: Store): Promise<ReadersLake> {
    const lake = new ReadersLake(await mkdtemp(join(tmpdir(), 'boathouse-readers-')));
    const output = store === undefined ? lake.#inFolder() : lake.#inBucket(store);
    const all = { ...files, 'profiles.yml': `shop:\n  target: prod\n  outputs:\n    prod: ${output}\n` };
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(lake.folder, path)), { recursive: true });
      await writeFile(join(lake.folder, path), text);
    }
    const { results } = await build({ projectDir: lake.folder, logPath: null, env: {} });
    const wrong = results.filter(({ status }) => status !== 'success');
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join('\n'));
    return lake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  #inFolder(): string {
    return `{ type: duckdb, path: '${this.folder}/catalog.duckdb', external_root: '${this.folder}' }`;
  }

  #inBucket({ accessKeyId, secretAccessKey, region, endpoint, caFile }: Store): string {
    const [protocol, place] = endpoint.split('://');
    const secret = `{ type: s3, key_id: '${accessKeyId}', secret: '${secretAccessKey}', region: ${region}, endpoint: '${place}', url_style: path, use_ssl: ${protocol === 'https'} }`;
    const lakehouse = caFile === undefined ? '' : `, lakehouse: { ca_file: '${caFile}' }`;
    return `{ type: duckdb, path: 's3://lake/catalog.duckdb', secrets: [${secret}]${lakehouse} }`;
  }
}
