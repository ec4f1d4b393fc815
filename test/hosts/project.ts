/** A project whose every relation says which run made it, for tests of runs on many hosts. */
import type { Store } from '../stores/server.ts';

/**
 * The project's files, with targets `dev` and `prod` in one bucket.
 *
 * @param endpoint through which this host reaches the store
 */
export function lakeProject(store: Store, endpoint: string): Record<string, string> {
  const output = (target: string): string => `    ${target}:
      type: duckdb
      path: s3://lake/${target}.duckdb
      threads: 2
      schema: main
      secrets:
        - { type: s3, key_id: '${store.accessKeyId}', secret: '${store.secretAccessKey}', region: ${store.region}, endpoint: '${endpoint.replace('http://', '')}', url_style: path, use_ssl: false }
      lakehouse: { root: 's3://lake/${target}', storage_options: { timeout: '5s', max_retries: '5' } }
`;
  const run = `'{{ var("run", "none") }}' as run`;
  return {
    'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: shop\n',
    'profiles.yml': `shop:\n  target: prod\n  outputs:\n${output('dev')}${output('prod')}`,
    'models/sources.yml': `sources:
  - name: landing
    tables:
      - name: events
        meta: { external_location: "delta_scan('s3://lake/landing/events')" }
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
  };
}

/** What must be true of every state that a reader sees: one run made all of it, and its numbers agree. */
export const wholeQuery: string = `select s.run = s.run_too and s.run = s.stamped and d.least = s.run and d.most = s.run and d.n = s.n as whole, s.run, s.n::int as n
from shown s, (select min(run) as least, max(run) as most, sum(n) as n from daily) d`;
