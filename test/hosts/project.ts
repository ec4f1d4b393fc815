/** A project whose every relation says which run made it, for tests of runs on many hosts. */
import type { Store } from '../stores/server.ts';

/** Where the project's lake is, and how a host reaches it. */
export interface ProjectPlace {
  readonly bucket: string;
  readonly endpoint: string;
  /** Of each request, before the host gives up. */
  readonly retries: number;
}

/**
 * The project's files, with targets `dev` and `prod` in one bucket. Readers of `prod` see a run when its tests have
 * passed; one of them fails where the variable `fails` says so.
 */
export function lakeProject(store: Store, place: ProjectPlace): Record<string, string> {
  const { bucket, endpoint, retries } = place;
  const output = (target: string, publish: string): string => `    ${target}:
      type: duckdb
      path: s3://${bucket}/${target}.duckdb
      threads: 2
      schema: main
      secrets:
        - { type: s3, key_id: '${store.accessKeyId}', secret: '${store.secretAccessKey}', region: ${store.region}, endpoint: '${endpoint.replace('http://', '')}', url_style: path, use_ssl: false }
      lakehouse: { root: 's3://${bucket}/${target}', publish: ${publish}, storage_options: { timeout: '5s', max_retries: '${retries}' } }
`;
  const run = `'{{ var("run", "none") }}' as run`;
  return {
    'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: shop\n',
    'profiles.yml': `shop:\n  target: prod\n  outputs:\n${output('dev', 'per_run')}${output('prod', 'on_success')}`,
    'models/sources.yml': `sources:
  - name: landing
    tables:
      - name: events
        meta: { external_location: "delta_scan('s3://${bucket}/landing/events')" }
`,
    'models/events.sql': `{{ config(materialized='incremental', file_format='delta', incremental_strategy='merge', unique_key='id') }}
select id, batch, amount from {{ source('landing', 'events') }}`,
    'models/daily.sql': `{{ config(materialized='external') }}
select batch, count(*) as n, sum(amount) as amount, ${run} from {{ ref('events') }} group by all`,
    'models/totals.sql': `{{ config(materialized='table') }}
select count(*) as batches, sum(n) as n, min(run) as run, max(run) as run_too from {{ ref('daily') }}`,
    'models/stamp.sql': `{{ config(materialized='external', format='csv') }} select ${run}, 1 as one from {{ ref('totals') }}`,
    'models/shown.sql':
      "{{ config(materialized='view') }} select t.n, t.run, t.run_too, s.run as stamped from {{ ref('totals') }} t, {{ ref('stamp') }} s",
    'tests/totals_pass.sql': `select * from {{ ref('totals') }} where {{ var("fails", "false") }}`,
  };
}

/** What must be true of every state that a reader sees: one run made all of it, and its numbers agree. */
export const wholeQuery: string = `select s.run = s.run_too and s.run = s.stamped and d.least = s.run and d.most = s.run and d.n = s.n as whole, s.run, s.n::int as n
from shown s, (select min(run) as least, max(run) as most, sum(n) as n from daily) d`;
