/** A project of some sixty resources of every kind, for selections, and selections on it from a seed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes the project. */
export function writeSelectionProject(folder: string): void {
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  put(
    'dbt_project.yml',
    `name: wood
version: "1.0.0"
profile: wood
models:
  wood:
    +meta: {owner: forester, levels: {deep: 3}}
    staging: {+tags: [raw, nightly], +materialized: view}
    core: {+tags: nightly, +materialized: table}
    marts: {+materialized: view, +group: sales}
flags: {send_anonymous_usage_stats: false}
`,
  );
  put('profiles.yml', 'wood:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: wood.duckdb}\n');
  put('packages.yml', 'packages:\n  - local: moss\n');
  put('moss/dbt_project.yml', 'name: moss\nversion: "1.0.0"\nprofile: wood\n');
  put('moss/models/moss_a.sql', "{{ config(tags=['green']) }} select 1 as id");
  put('moss/models/moss_b.sql', "select * from {{ ref('moss_a') }}");
  put('moss/models/moss.yml', 'models:\n  - name: moss_a\n    columns: [{name: id, data_tests: [unique]}]\n');
  for (let i = 0; i < 4; i += 1) put(`seeds/seed_${i}.csv`, 'id\n1\n');
  for (let i = 0; i < 10; i += 1) {
    const from = i % 3 === 0 ? `source('rain', 'drops_${i % 2}')` : `ref('seed_${i % 4}')`;
    put(`models/staging/stg_${i}.sql`, `select * from {{ ${from} }}`);
    put(
      `models/core/core_${i}.sql`,
      `${i === 4 ? "{{ config(materialized='incremental', tags=['slow']) }}" : ''} select a.* from {{ ref('stg_${i}') }} a, {{ ref('stg_${(i + 3) % 10}') }} b`,
    );
    const last = i === 7 ? "{{ ref('moss_b') }}" : `{{ ref('core_${(i * 3) % 10}') }}`;
    put(
      `models/marts/${i < 5 ? 'north' : 'south'}/mart_${i}.sql`,
      `select a.* from {{ ref('core_${i}') }} a, ${last} b`,
    );
  }
  put('models/marts/trees_v1.sql', "select * from {{ ref('mart_1') }}");
  put('models/marts/trees_v2.sql', "select * from {{ ref('mart_2') }}");
  put('models/marts/trees_v3.sql', "select * from {{ ref('trees', v=1) }}");
  put(
    'snapshots/snaps.sql',
    "{% snapshot snap_1 %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select * from {{ ref('core_1') }}{% endsnapshot %}",
  );
  put('analyses/look.sql', "select * from {{ ref('mart_3') }}");
  put('tests/lone_one.sql', "select * from {{ ref('core_2') }} where false");
  put(
    'tests/lone_two.sql',
    "{{ config(severity='warn', tags=['odd']) }} select * from {{ ref('mart_5') }}, {{ ref('stg_5') }} where false",
  );
  const tested = (name: string, more: string): string =>
    `  - name: ${name}\n    columns: [{name: id, data_tests: [${more}]}]\n`;
  put(
    'models/schema.yml',
    `groups:
  - name: sales
    owner: {name: Sam}
sources:
  - name: rain
    config: {tags: [wet]}
    tables:
      - name: drops_0
        columns: [{name: id, data_tests: [not_null]}]
      - name: drops_1
        config: {tags: [light]}
models:
${tested('stg_0', 'unique, not_null')}${tested('stg_3', "{relationships: {arguments: {to: ref('core_3'), field: id}}}")}${tested('core_1', 'unique')}${tested('core_4', '{not_null: {config: {severity: warn, tags: [checked]}}}')}${tested('mart_0', 'unique, not_null')}${tested('mart_9', "{relationships: {arguments: {to: ref('mart_8'), field: id}}}")}
  - name: mart_6
    access: private
  - name: mart_7
    config: {meta: {owner: ranger}, enabled: true}
  - name: trees
    latest_version: 2
    access: public
    versions: [{v: 1}, {v: 2}, {v: 3}]
unit_tests:
  - name: ut_core
    model: core_5
    given: []
    expect: {rows: []}
  - name: ut_mart
    model: mart_2
    config: {tags: [checked]}
    given: []
    expect: {rows: []}
exposures:
  - name: map
    type: dashboard
    owner: {name: Eve}
    depends_on: ["ref('mart_1')", "source('rain', 'drops_0')"]
  - name: walk
    type: notebook
    owner: {name: Eve}
    tags: [odd]
    depends_on: [ref('trees')]
`,
  );
  put(
    'selectors.yml',
    `selectors:
  - name: nightly
    definition: "tag:nightly,core_1+"
  - name: built
    definition:
      union:
        - {method: path, value: models/core, children: true, children_depth: 1}
        - intersection:
            - {method: tag, value: raw}
            - {method: fqn, value: "wood.staging.stg_1", childrens_parents: true}
        - exclude: [{method: config.materialized, value: incremental}]
  - name: again
    definition:
      union:
        - {method: selector, value: nightly}
        - "exposure:map"
  - name: careful
    definition: {method: tag, value: raw, indirect_selection: cautious, parents: true}
`,
  );
}

const atoms: readonly string[] = [
  ...[
    'stg_0',
    'core_1',
    'mart_5',
    'seed_2',
    'snap_1',
    'trees',
    'trees.v1',
    'moss_b',
    'lone_two',
    'nothing_here',
  ],
  ...[
    'wood.core',
    'wood.marts.north',
    'wood.marts.*.mart_1',
    'staging',
    'core_*',
    'mart_[0-3]',
    '*_5',
    'moss',
  ],
  ...[
    'tag:nightly',
    'tag:raw',
    'tag:odd',
    'tag:wet',
    'tag:che*',
    'path:models/core',
    'models/marts/south',
    'path:seeds',
    'path:models/staging/stg_?.sql',
  ],
  ...[
    'file:core_3.sql',
    'stg_4.sql',
    'file:schema.yml',
    'source:rain',
    'source:rain.drops_1',
    'source:wood.rain.*',
    'package:moss',
    'package:this',
  ],
  ...[
    'resource_type:seed',
    'resource_type:test',
    'resource_type:unit_test',
    'resource_type:exposure',
    'resource_type:snapshot',
  ],
  ...[
    'config.materialized:table',
    'config.materialized:incremental',
    'config.meta.owner:ranger',
    'config.meta.levels.deep:3',
    'config.severity:warn',
    'config.tags:slow',
    'config.enabled:true',
  ],
  ...[
    'test_type:generic',
    'test_type:singular',
    'test_type:unit',
    'test_type:data',
    'test_name:unique',
    'test_name:relat*',
    'exposure:map',
    'exposure:*',
  ],
  ...[
    'group:sales',
    'access:public',
    'access:private',
    'version:latest',
    'version:prerelease',
    'version:old',
    'version:none',
    'unit_test:ut_core',
    'unit_test:wood.ut_*',
    'fqn:core_7',
  ],
];

/** The arguments of `ls` for one selection. The same seed gives the same ones. */
export function selectionFrom(seed: number): readonly string[] {
  let state = (Math.imul(seed, 2654435761) + 12345) | 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 9) & 0x3fffff) % below;
  };
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const atom = (): string => {
    const text = pick(atoms);
    const before = pick(['', '', '', '+', '1+', '2+', '@']);
    const after = before === '@' ? '' : pick(['', '', '', '+', '+1', '+2']);
    return `${before}${text}${after}`;
  };
  const group = (): string => Array.from({ length: pick([1, 1, 1, 2, 3]) }, atom).join(',');
  const groups = (most: number): string[] => Array.from({ length: 1 + random(most) }, group);
  const args: string[] = [];
  const kind = random(12);
  if (kind === 0) args.push('--selector', pick(['nightly', 'built', 'again', 'careful']));
  else {
    if (kind < 11) args.push('--select', ...groups(3));
    if (kind > 7) args.push('--exclude', ...groups(2));
  }
  const mode = random(8);
  if (mode < 3) args.push('--indirect-selection', ['cautious', 'buildable', 'empty'][mode] as string);
  if (random(6) === 0)
    args.push('--resource-type', pick(['model', 'test', 'source', 'seed', 'all', 'unit_test']));
  return args;
}
