/** Whatever is done to a project between two parses, the second gives what a parse from nothing gives. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { isBoathouseError } from '../base/index.ts';
import type { ProjectOptions } from './options.ts';
import { checkProject, parse } from './parse.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml':
    'name: shop\nversion: "1"\nprofile: shop\nvars: {digits: 2}\nmodels: {shop: {+materialized: view}}\n',
  'profiles.yml':
    'shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: lake.duckdb}\n    prod: {type: duckdb, path: lake.duckdb, schema: prod}\n',
  'packages.yml': 'packages:\n  - local: parts\n',
  'parts/dbt_project.yml': 'name: parts\nversion: "1"\nprofile: shop\n',
  'parts/macros/part.sql': '{% macro part() %}3{% endmacro %}\n',
  'parts/models/screw.sql': 'select 1 as id\n',
  'macros/quiet.sql': '{% macro doubled(x) %}2 * {{ x }}{% endmacro %}\n',
  'macros/loud.sql':
    "{% macro loud(x) %}{{ var('digits') }} * {{ env_var('FACTOR', '1') }} * {{ x }}{% endmacro %}\n",
  'models/a.sql': "{{ config(tags=['x']) }} select {{ doubled('1') }} as id\n",
  'models/b.sql': "select {{ loud('id') }} as id from {{ ref('a') }}\n",
  'models/deep/c.sql': "select * from {{ ref('b') }} join {{ source('raw', 'r') }} using (id)\n",
  'models/schema.yml':
    'sources: [{name: raw, tables: [{name: r}]}]\nmodels:\n  - name: a\n    description: "{{ doc(\'about\') }}"\n    columns: [{name: id, data_tests: [unique]}]\n  - name: c\n    config: {enabled: true}\n',
  'models/docs.md': '{% docs about %}All.{% enddocs %}\n',
  'seeds/s.csv': 'id\n1\n',
  'snapshots/snap.sql':
    "{% snapshot snap %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}\n",
  'tests/lone.sql': "select * from {{ ref('b') }} where false\n",
  'analyses/look.sql': "select * from {{ ref('c') }}\n",
};

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

class Bench {
  readonly root: string = mkdtempSync(join(tmpdir(), 'boathouse-edits-'));
  options: ProjectOptions = {};
  env: Record<string, string> = {};
  #state: number;
  #made = 0;

  constructor(seed: number) {
    made.push(this.root);
    this.#state = (Math.imul(seed, 2654435761) + 7) | 0;
    for (const [path, text] of Object.entries(files)) this.put(path, text);
  }

  random(below: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return ((this.#state >>> 9) & 0x3fffff) % below;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.random(items.length)] as T;
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Replaces a text in a file, if both are there. */
  swap(path: string, pairs: readonly (readonly [string, string])[]): string {
    const file = join(this.root, path);
    const [from, to] = this.pick([...pairs, ...pairs.map(([a, b]) => [b, a] as const)]);
    if (!existsSync(file)) return `no ${path}`;
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
    return `${path}: ${from} → ${to}`;
  }

  move(path: string, to: string): string {
    const [a, b] = this.random(2) === 0 ? [path, to] : [to, path];
    if (!existsSync(join(this.root, a)) || existsSync(join(this.root, b))) return `no ${a}`;
    mkdirSync(dirname(join(this.root, b)), { recursive: true });
    renameSync(join(this.root, a), join(this.root, b));
    return `${a} becomes ${b}`;
  }

  /** One edit. @returns what it was. */
  edit(): string {
    switch (this.random(16)) {
      case 0:
        return this.swap('models/a.sql', [
          ["'1'", "'2'"],
          ["['x']", "['y']"],
          ['as id', 'as id -- "é"'],
          ['doubled(', 'parts.part() ~ doubled('],
          ['select', '{# { #} select'],
        ]);
      case 1:
        return this.swap('models/b.sql', [
          ["ref('a')", "ref('screw')"],
          ["loud('id')", "loud('1')"],
          ['select', "select {{ doubled('3') }} as t,"],
          ['select', '{{ config(enabled=false) }} select'],
        ]);
      case 2:
        return this.swap('models/deep/c.sql', [
          ['*', 'id'],
          ["ref('b')", "ref('a')"],
          ['\n', '\n\n'],
        ]);
      case 3:
        return this.swap('models/schema.yml', [
          ['[unique]', '[unique, not_null]'],
          ['enabled: true', 'enabled: false'],
          ['name: r}', 'name: r, description: Rows}'],
          ['- name: c', '- name: c\n    description: Deep'],
        ]);
      case 4:
        return this.swap('macros/quiet.sql', [
          ['2 *', '3 *'],
          ['2 *', "{{ var('digits') }} *"],
          ['{{ x }}', "{{ x }}{{ log('said') }}"],
        ]);
      case 5:
        return this.swap('macros/loud.sql', [
          ["'1'", "'9'"],
          ['* {{ x }}', '+ {{ x }}'],
        ]);
      case 6:
        return this.swap('dbt_project.yml', [
          ['digits: 2', 'digits: 3'],
          ['+materialized: view', '+materialized: table'],
          ['+materialized: view', '+materialized: view, +tags: [all]'],
        ]);
      case 7:
        return this.swap('parts/macros/part.sql', [['3', '4']]);
      case 8:
        return this.swap('models/docs.md', [['All', 'Most']]);
      case 9:
        return this.swap('seeds/s.csv', [['1', '2']]);
      case 10:
        return this.move('models/deep/c.sql', 'models/c.sql');
      case 11:
        return this.move('analyses/look.sql', 'analyses/see.sql');
      case 12: {
        const name = `new_${this.random(3)}`;
        const path = `models/${name}.sql`;
        if (existsSync(join(this.root, path))) {
          rmSync(join(this.root, path));
          return `${path} goes`;
        }
        this.#made += 1;
        this.put(path, `select ${this.#made} as id from {{ ref('a') }}\n`);
        return `${path} comes`;
      }
      case 13:
        this.env = this.random(2) === 0 ? {} : { FACTOR: String(this.random(3)) };
        return `the environment is ${JSON.stringify(this.env)}`;
      case 14:
        this.options = this.pick<ProjectOptions>([{}, { vars: { digits: 5 } }, { target: 'prod' }]);
        return `the options are ${JSON.stringify(this.options)}`;
      default:
        return this.swap('snapshots/snap.sql', [
          ["'all'", "['id']"],
          ["ref('a')", "ref('b')"],
        ]);
    }
  }

  get asked(): ProjectOptions {
    return {
      projectDir: this.root,
      profilesDir: this.root,
      logPath: null,
      env: this.env,
      ...this.options,
    };
  }

  /** The manifest without times, or the error's text. */
  async parsed(
    how: (options: ProjectOptions) => Promise<unknown>,
    options: ProjectOptions,
  ): Promise<unknown> {
    try {
      await how(options);
    } catch (error) {
      if (!isBoathouseError(error)) throw error;
      return `${error.code}: ${error.message}`;
    }
    const text = readFileSync(join(this.root, options.targetPath ?? 'target', 'manifest.json'), 'utf8');
    const { metadata: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
    return JSON.parse(JSON.stringify(rest, (key, value: unknown) => (key === 'created_at' ? 0 : value)));
  }
}

const sequences = Number(process.env['BOATHOUSE_PARSE_EDITS'] ?? 3);

it.each(Array.from({ length: sequences }, (_, i) => i + 1))(
  'sequence %i of edits',
  async (seed) => {
    const bench = new Bench(seed);
    const done: string[] = [];
    for (let step = 0; step < 25; step += 1) {
      done.push(bench.edit());
      // Commands that read the project and those that only check it keep one cache.
      const how = bench.random(2) === 0 ? checkProject : parse;
      const warm = await bench.parsed(how, bench.asked);
      const cold = await bench.parsed(parse, { ...bench.asked, targetPath: 'cold', partialParse: false });
      expect(warm, done.join('\n')).toEqual(cold);
    }
  },
  120_000,
);
