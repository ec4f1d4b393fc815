/** A small project whose profile is filled in from the environment, for commands on a bucket. */

import type { Store } from '../stores/server.ts';
import { Folder } from './command.ts';

/** The profile's entries, each from a variable of the environment. */
const profile = `shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "s3://{{ env_var('BUCKET') }}/catalog.duckdb"
      threads: 2
      secrets:
        - type: s3
          region: "{{ env_var('REGION') }}"
          key_id: "{{ env_var('KEY_ID') }}"
          secret: "{{ env_var('DBT_ENV_SECRET_KEY') }}"
          endpoint: "{{ env_var('ENDPOINT') }}"
          verify_ssl: "{{ env_var('VERIFY', 'true') }}"
      lakehouse:
        ca_file: "{{ env_var('CA_FILE', '') }}"
        publish: "{{ env_var('PUBLISH', 'per_run') }}"
        storage_options: { max_retries: 3 }
`;

/** A folder with the project: three models one after the other, and one by itself. */
export function bucketProject(files: Readonly<Record<string, string>> = {}): Folder {
  return new Folder().put({
    'dbt_project.yml': 'name: shop\nprofile: shop\n',
    'profiles.yml': profile,
    'models/orders.sql': "{{ config(materialized='external') }} select 1 as id, 10.5 as amount",
    'models/events.sql':
      "{{ config(materialized='incremental', file_format='delta', incremental_strategy='append') }} select * from {{ ref('orders') }}",
    'models/totals.sql': "select sum(amount) as total from {{ ref('events') }}",
    'models/alone.sql': "{{ config(materialized='external') }} select 7 as n",
    ...files,
  });
}

/** Fills the profile in, with which that store is reached. */
export function reach(folder: Folder, store: Store, more: Readonly<Record<string, string>> = {}): void {
  Object.assign(folder.env, {
    BUCKET: 'lake',
    REGION: store.region,
    KEY_ID: store.accessKeyId,
    DBT_ENV_SECRET_KEY: store.secretAccessKey,
    ENDPOINT: store.endpoint,
    CA_FILE: store.caFile ?? '',
    BOATHOUSE_CACHE_DIR: `${folder.path}/cache`,
    ...more,
  });
}
