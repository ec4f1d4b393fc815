/**
 * Damage to a project: files as people, editors and disks leave them, and words on a command line that nobody meant.
 *
 * Everything is decided by the random numbers given, so that a case is found again by its seed.
 */
import { type Document, isCollection, isMap, isPair, isSeq, type Pair, parseDocument, visit } from 'yaml';
import type { Random } from '../../src/base/index.ts';

/** Files by their path below the project; a text or bytes, or `null` where a folder stands in a file's place. */
export type Files = Map<string, Buffer | null>;

/** One thing done to a project, in words. */
export type Told = string;

/** Picks one. */
export function pick<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random.fraction() * all.length)] as T;
}

/** Does one piece of damage to `files`. @returns what was done */
export function damage(files: Files, random: Random): Told {
  const path = pick(random, [...files.keys()].filter(isDamaged).sort());
  const before = files.get(path);
  if (before === null || before === undefined) return 'nothing';
  const chance = random.fraction();
  if (chance < 0.02) {
    files.delete(path);
    return `${path} is gone`;
  }
  if (chance < 0.035) {
    files.set(path, null);
    return `${path} is a folder`;
  }
  if (chance < 0.05) {
    files.set(`${path.replace(/\.(\w+)$/, '_again.$1')}`, before);
    return `${path} is there twice`;
  }
  const isYaml = /\.ya?ml$/.test(path);
  const isJson = path.endsWith('.json');
  const done =
    isYaml && chance < 0.75
      ? damageYaml(before, random)
      : isJson && chance < 0.75
        ? damageJson(before, random)
        : damageBytes(before, random, path);
  files.set(path, done.after);
  return `${path}: ${done.told}`;
}

function isDamaged(path: string): boolean {
  return !path.endsWith('conformance.json') && !path.endsWith('.duckdb');
}

interface Done {
  readonly after: Buffer;
  readonly told: Told;
}

function damageYaml(before: Buffer, random: Random): Done {
  const document = parseDocument(before.toString(), { uniqueKeys: false });
  const pairs: Pair[] = [];
  visit(document, { Pair: (_, pair) => void pairs.push(pair) });
  if (pairs.length === 0 || document.errors.length > 0) return damageBytes(before, random, '.yml');
  const pair = pick(random, pairs);
  const told = damagePair(document, pair, pairs, random);
  return { after: Buffer.from(document.toString()), told };
}

function damagePair(document: Document, pair: Pair, pairs: readonly Pair[], random: Random): Told {
  const key = String(pair.key);
  const kinds = ['remove', 'rename', 'replace', 'replace', 'replace', 'wrap', 'unwrap', 'move', 'add', 'add'];
  switch (pick(random, kinds)) {
    case 'remove':
      visit(document, { Pair: (_, other) => (other === pair ? visit.REMOVE : undefined) });
      return `${key} removed`;
    case 'rename': {
      const name = pick(random, [...keys, `${key}s`, key.slice(1), key.toUpperCase(), ...oddKeys]);
      pair.key = document.createNode(name);
      return `${key} renamed to ${String(name)}`;
    }
    case 'wrap': {
      const inner = isCollection(pair.value) ? pair.value.toJS(document) : pair.value;
      pair.value = document.createNode(random.fraction() < 0.5 ? [inner] : { [pick(random, keys)]: inner });
      return `${key} wrapped`;
    }
    case 'unwrap': {
      const { value } = pair;
      if (isSeq(value)) pair.value = value.items[0] ?? null;
      else if (isMap(value)) pair.value = value.items[0]?.value ?? null;
      else pair.value = document.createNode([]);
      return `${key} unwrapped`;
    }
    case 'move': {
      const other = pick(random, pairs);
      pair.value = document.createNode(isPair(other) ? plain(other.value, document) : null);
      return `${key} has what ${String(other.key)} has`;
    }
    case 'add': {
      const name = pick(random, keys);
      const value = oddValue(random);
      const { value: into } = pair;
      if (isMap(into)) into.items.push(document.createPair(name, value));
      else if (isSeq(into)) into.add(document.createNode({ [name]: value }));
      else pair.value = document.createNode({ [name]: value });
      return `${name}: ${shown(value)} below ${key}`;
    }
    default: {
      const value = oddValue(random);
      pair.value = document.createNode(value);
      return `${key}: ${shown(value)}`;
    }
  }
}

function plain(value: unknown, document: Document): unknown {
  return isCollection(value) ? value.toJS(document) : (value as { value?: unknown } | null)?.value;
}

function damageJson(before: Buffer, random: Random): Done {
  let value: unknown;
  try {
    value = JSON.parse(before.toString());
  } catch {
    return damageBytes(before, random, '.json');
  }
  // Down to somewhere, more often to where there is more.
  let place = value as Record<string, unknown>;
  const way: string[] = [];
  for (let depth = 0; depth < 8; depth += 1) {
    const names = Object.keys(place);
    if (names.length === 0) return damageBytes(before, random, '.json');
    const name = pick(random, names);
    way.push(name);
    const next = place[name];
    if (typeof next === 'object' && next !== null && Object.keys(next).length > 0 && random.fraction() < 0.75)
      place = next as Record<string, unknown>;
    else break;
  }
  const name = way.at(-1)!;
  const changed = oddValue(random);
  if (random.fraction() < 0.3) delete place[name];
  else place[name] = changed;
  return { after: Buffer.from(JSON.stringify(value)), told: `${way.join('.')}: ${shown(changed)} or gone` };
}

function damageBytes(before: Buffer, random: Random, path: string): Done {
  const at = Math.floor(random.fraction() * (before.length + 1));
  const length = Math.floor(random.fraction() ** 3 * 60);
  const join = (middle: Buffer | string, gone = 0): Buffer =>
    Buffer.concat([before.subarray(0, at), Buffer.from(middle as string), before.subarray(at + gone)]);
  switch (pick(random, ['cut', 'end', 'insert', 'insert', 'insert', 'bytes', 'empty', 'lines', 'repeat'])) {
    case 'cut':
      return { after: join('', length + 1), told: `${length + 1} bytes are gone at ${at}` };
    case 'end':
      return { after: before.subarray(0, at), told: `ends after ${at} bytes` };
    case 'bytes': {
      const bytes = Buffer.from(
        Array.from({ length: 1 + (length % 9) }, () => Math.floor(random.fraction() * 256)),
      );
      return { after: join(bytes, bytes.length), told: `${bytes.toString('hex')} at ${at}` };
    }
    case 'empty':
      return {
        after: Buffer.from(pick(random, ['', '\n', '   ', '\ufeff', '{}', '[]', 'null', '0'])),
        told: 'empty',
      };
    case 'lines': {
      const lines = before.toString().split('\n');
      const from = Math.floor(random.fraction() * lines.length);
      const moved = lines.splice(from, 1 + (length % 3));
      lines.splice(Math.floor(random.fraction() * lines.length), 0, ...moved);
      return { after: Buffer.from(lines.join('\n')), told: `line ${from + 1} is elsewhere` };
    }
    case 'repeat':
      return { after: join(before.subarray(at, at + length)), told: `${length} bytes twice at ${at}` };
    default: {
      const all = /\.ya?ml$/.test(path)
        ? [...yamlPieces, ...pieces]
        : path.endsWith('.csv')
          ? [...csvPieces, ...pieces]
          : [...jinjaPieces, ...pieces];
      const piece = pick(random, all);
      return { after: join(piece), told: `${JSON.stringify(piece.slice(0, 80))} at ${at}` };
    }
  }
}

const pieces: readonly string[] = [
  '{%',
  '%}',
  '{{',
  '}}',
  '{#',
  '#}',
  "'",
  '"',
  '\0',
  '\t',
  '\ufeff',
  '\\',
  '\r',
  ';',
  '`',
  '\ud800',
];

const yamlPieces: readonly string[] = [
  ...[
    '---\n',
    '...\n',
    '<<: *x\n',
    '&a ',
    '*a',
    '!!python/object:os.system ',
    '? ',
    ': ',
    '- ',
    '\n- ',
    '|',
    '>',
  ],
  ...[
    '!!binary x',
    '&a [*a]',
    '&a {b: *a}\n',
    '{',
    '[',
    '}',
    ']',
    '%YAML 9.9\n',
    '"{{ 1 / 0 }}"',
    '"{{ var(\'none\') }}"',
  ],
  ...[
    '"{{ env_var(\'NOBODY\') }}"',
    "'{% for i in range(99) %}'",
    '\n  name: x\n',
    '\nmodels:\n',
    '\nversion: 3\n',
  ],
];

const csvPieces: readonly string[] = [
  ',',
  ',,,,',
  '\n',
  '\n\n',
  '"',
  '""',
  '\r\n',
  'a\nb',
  '|',
  'é',
  '1e999',
  '-',
  '\u2028',
];

const jinjaPieces: readonly string[] = [
  '{% macro loops() %}{{ loops() }}{% endmacro %}',
  '{% macro once(x) %}{{ caller() }}{% endmacro %}{{ once(1) }}',
  '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}',
  "{% set x = namespace(v='a') %}{% for i in range(60) %}{% set x.v = x.v ~ x.v %}{% endfor %}",
  ...[
    '{{ 1 / 0 }}',
    '{{ ref() }}',
    "{{ ref('m', 'm', 'm') }}",
    '{{ ref(1) }}',
    '{{ ref(none) }}',
    '{{ ref([]) }}',
    '{{ source() }}',
  ],
  ...[
    "{{ source('a') }}",
    "{{ ref('m', v='x') }}",
    "{{ ref('m', version={}) }}",
    '{{ config(1) }}',
    '{{ config(none=none) }}',
  ],
  ...[
    '{{ config(materialized=1) }}',
    "{{ config(materialized='no') }}",
    "{{ config(tags={'a': 1}) }}",
    '{{ config(meta=1) }}',
  ],
  ...[
    '{{ config(pre_hook=1) }}',
    '{{ config(schema=[1]) }}',
    '{{ config(alias=1.5) }}',
    "{{ config(enabled='x') }}",
    '{{ config(enabled=none) }}',
  ],
  ...[
    "{{ config(unique_key={'a': 1}) }}",
    '{{ config(incremental_strategy=7) }}',
    '{{ config(contract=1) }}',
    '{{ config(group=[1]) }}',
  ],
  ...[
    "{{ config(event_time=1, batch_size='x', begin=3) }}",
    "{{ config(persist_docs='x') }}",
    '{{ config(grants=[1]) }}',
  ],
  ...[
    '{{ config(options=3, location=4, format=5) }}',
    '{{ config(docs=1) }}',
    '{{ config(access=3) }}',
    '{{ config(database=false) }}',
  ],
  ...[
    '{{ this.a.b.c }}',
    '{{ model.x.y }}',
    '{{ graph.nodes.values() | map(attribute="a.b") | list }}',
    '{{ builtins.ref() }}',
  ],
  ...[
    '{{ none.x }}',
    '{{ [][0] }}',
    '{{ {}["a"]["b"] }}',
    '{{ "a" + 1 }}',
    '{{ x | nofilter }}',
    '{% include "x" %}',
    '{% import "x" as y %}',
  ],
  ...[
    '{% extends "x" %}',
    '{% do exceptions.raise_compiler_error("no") %}',
    '{{ exceptions.warn(1) }}',
    '{{ return(1) }}',
    '{{ log(none, info=1) }}',
  ],
  ...[
    '{{ var() }}',
    '{{ var(1) }}',
    '{{ env_var() }}',
    '{{ env_var(1) }}',
    '{{ fromjson("{") }}',
    '{{ fromyaml("a: [") }}',
    '{{ tojson(graph) | length }}',
  ],
  ...[
    '{{ modules.re.match("(a+)+$", "a" * 40 ~ "b") }}',
    '{{ modules.datetime.datetime(0, 0, 0) }}',
    "{{ modules.pytz.timezone('x') }}",
  ],
  ...[
    '{{ run_query("x") }}',
    '{% call statement("x") %}{% endcall %}',
    '{{ adapter.get_relation() }}',
    '{{ adapter.dispatch() }}',
    '{{ adapter.dispatch("x")() }}',
  ],
  ...[
    '{{ adapter.dispatch(1, 2)() }}',
    '{{ doc() }}',
    '{{ doc("a", "b", "c") }}',
    '{% snapshot %}{% endsnapshot %}',
    '{% snapshot s %}',
    '{% test %}{% endtest %}',
  ],
  ...[
    '{% test t(model) %}{% endtest %}',
    '{% materialization m %}{% endmaterialization %}',
    "{% materialization m, adapter='x' %}{% endmaterialization %}",
  ],
  ...[
    '{% docs %}{% enddocs %}',
    '{% docs a %}{% docs b %}{% enddocs %}',
    '{% docs a %}{% enddocs %}{% docs a %}{% enddocs %}',
    '{% raw %}',
    '{% set %}',
    '{% if %}',
  ],
  ...[
    '{% else %}',
    '{% endif %}',
    '{% endfor %}',
    '{% for %}',
    '{% for a in 5 %}{% endfor %}',
    '{% for a, b in [1] %}{% endfor %}',
    '{% macro (x) %}{% endmacro %}',
  ],
  ...[
    '{% macro m(a=) %}{% endmacro %}',
    '{% macro m(a, a) %}{% endmacro %}',
    "{% set x = 'a' * 10000000000 %}{{ x }}",
    '{{ 10 ** 10 ** 10 }}',
    '{{ range(10 ** 9) | list }}',
  ],
  ...[
    `{{ ${'('.repeat(5000)}`,
    `{{ ${'['.repeat(2000)}${']'.repeat(2000)} }}`,
    '{% if 1 %}'.repeat(3000),
    `{{ ${'not '.repeat(5000)}x }}`,
    `{{ 1${'+1'.repeat(20000)} }}`,
  ],
  ...[
    '{{ a.__class__.__mro__ }}',
    "{{ ''.format(1) }}",
    "{{ '{0.x}'.format(1) }}",
    "{{ '%(x)s' % 1 }}",
    "{{ '%d' % 'x' }}",
    '{{ dict(1) }}',
    '{{ zip(1) }}',
    '{{ set(1) }}',
  ],
  ...[
    '{{ selected_resources.x() }}',
    '{{ target.x.y }}',
    '{{ invocation_args_dict.x.y }}',
    '{{ dbt_metadata_envs["x"] }}',
    '{{ load_result("x").y }}',
    '{{ store_result() }}',
  ],
];

const keys: readonly string[] = [
  ...[
    'name',
    'version',
    'models',
    'sources',
    'seeds',
    'snapshots',
    'tests',
    'data_tests',
    'unit_tests',
    'columns',
    'config',
    'meta',
  ],
  ...[
    'tags',
    'description',
    'docs',
    'groups',
    'group',
    'access',
    'versions',
    'v',
    'latest_version',
    'defined_in',
    'include',
    'exclude',
  ],
  ...[
    'constraints',
    'type',
    'expression',
    'contract',
    'enforced',
    'data_type',
    'quote',
    'tables',
    'schema',
    'database',
    'identifier',
  ],
  ...[
    'freshness',
    'warn_after',
    'error_after',
    'count',
    'period',
    'loaded_at_field',
    'loaded_at_query',
    'external',
    'loader',
    'overrides',
  ],
  ...[
    'quoting',
    'exposures',
    'owner',
    'email',
    'depends_on',
    'maturity',
    'url',
    'label',
    'analyses',
    'macros',
    'arguments',
    'given',
    'input',
  ],
  ...[
    'rows',
    'format',
    'fixture',
    'expect',
    'model',
    'metrics',
    'semantic_models',
    'saved_queries',
    'materialized',
    'enabled',
    'alias',
  ],
  ...[
    'unique_key',
    'strategy',
    'updated_at',
    'check_cols',
    'relation',
    'hard_deletes',
    'target_schema',
    'snapshot_meta_column_names',
  ],
  ...[
    'pre-hook',
    'post-hook',
    'pre_hook',
    'on-run-start',
    'on-run-end',
    'vars',
    'dispatch',
    'macro_namespace',
    'search_order',
    'flags',
  ],
  ...[
    'model-paths',
    'seed-paths',
    'test-paths',
    'macro-paths',
    'target-path',
    'clean-targets',
    'packages-install-path',
    'require-dbt-version',
  ],
  ...[
    'query-comment',
    'profile',
    'config-version',
    'outputs',
    'target',
    'path',
    'threads',
    'extensions',
    'settings',
    'attach',
    'secrets',
  ],
  ...[
    'plugins',
    'filesystems',
    'retries',
    'external_root',
    'partitions',
    'packages',
    'local',
    'package',
    'git',
    'revision',
    'selectors',
  ],
  ...[
    'definition',
    'method',
    'value',
    'union',
    'intersection',
    'severity',
    'warn_if',
    'error_if',
    'fail_calc',
    'limit',
    'where',
    'store_failures',
  ],
  ...[
    'deprecation_date',
    'primary_key',
    'tests_config',
    'event_time',
    'batch_size',
    'begin',
    'lookback',
    'on_schema_change',
    'column_types',
  ],
  ...[
    'delimiter',
    'quote_columns',
    'full_refresh',
    'grants',
    'persist_docs',
    'values',
    'to',
    'field',
    '+enabled',
    '+schema',
    '+tags',
    '+meta',
  ],
];

const oddKeys: readonly unknown[] = [
  '',
  ' ',
  0,
  null,
  true,
  1.5,
  '__proto__',
  'constructor',
  'toString',
  'a b',
  'a.b',
  'é',
  '<<',
  '{{ x }}',
  [1],
  '+',
  '+name',
  'hasOwnProperty',
];

function oddValue(random: Random): unknown {
  const simple: readonly unknown[] = [
    ...[
      null,
      '',
      ' ',
      0,
      1,
      -1,
      1.5,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      true,
      false,
      'text',
      'é\u0000',
      '{{ x',
      '{% if %}',
    ],
    ...[
      '{{ 1 / 0 }}',
      "{{ env_var('NOBODY') }}",
      "{{ var('none') }}",
      "{{ ref('m') }}",
      "{{ doc('none') }}",
      '{{ none }}',
      "{{ 'a' }}",
      '{{ [1, 2] }}',
    ],
    ...[
      '2024-01-01',
      new Date(0),
      '../..',
      '/',
      '.',
      '~',
      '*',
      '+',
      '@',
      'a,b',
      'a b',
      '__proto__',
      'toString',
      'x'.repeat(5000),
      '>=1.0',
      '99999999999999999999',
    ],
    ...[
      "ref('m')",
      "ref('none')",
      "source('a', 'b')",
      'ref(',
      'this',
      'incremental',
      'table',
      'external',
      'snapshot',
      'view',
      'ephemeral',
      'microbatch',
    ],
    ...[
      'timestamp',
      'check',
      'all',
      'public',
      'private',
      'not_null',
      'unique',
      'accepted_values',
      'relationships',
      'no_such.test',
      'md:',
      's3://x/y',
      'a.duckdb',
    ],
  ];
  const chance = random.fraction();
  if (chance < 0.6) return pick(random, simple);
  if (chance < 0.75)
    return Array.from({ length: Math.floor(random.fraction() * 4) }, () => pick(random, simple));
  if (chance < 0.9) {
    const names = Array.from({ length: Math.floor(random.fraction() * 4) }, () => pick(random, keys));
    return Object.fromEntries(names.map((name) => [name, pick(random, simple)]));
  }
  if (chance < 0.95) return [oddValue(random)];
  return { [pick(random, keys)]: oddValue(random) };
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Words for a command line that few would write. */
export function oddWords(random: Random): string[] {
  const selectors = [
    ...[
      'tag:',
      ':',
      'x:y',
      '+',
      '++m',
      'm+-1',
      '@',
      '@+m',
      '1+m+x',
      'state:modified',
      'state:',
      'state:x',
      'result:x',
      'result:error',
      'path:..',
      'path:/',
    ],
    ...[
      'path:[',
      'file:*',
      'config.x:y',
      'config.:',
      'config.a.b.c:d',
      'source:',
      'source:a.b.c.d',
      'exposure:*',
      'package:',
      'version:x',
      'version:latest',
    ],
    ...[
      'm,',
      ',',
      'm,,m',
      ' ',
      '',
      '*',
      '**',
      '[',
      'a*b?[c]',
      'access:x',
      'group:x',
      'test_type:x',
      'unit_test:x',
      'fqn:*',
      'resource_type:x',
      'selector:x',
      'wildcard:x',
      'é',
      '\0',
    ],
    ...[
      '999999999999999+m',
      '-1+m',
      '1.5+m',
      'source_status:fresher',
      'source_status:x',
      'metric:x',
      'semantic_model:*',
      'saved_query:*',
      'constructor',
      '__proto__',
      'config.__proto__:x',
    ],
  ];
  const values = [
    '',
    '{',
    '{}',
    '[]',
    'null',
    '1',
    '{a: 1}',
    '{a: {b: [}',
    '{"__proto__": 1}',
    'a',
    '- a',
    '{a: !!js x}',
    '{1: 2}',
    '{a: 1, a: 2}',
    '&a [*a]',
    '\0',
    '{a: "{{ x }}"}',
  ];
  const dates = ['2024-01-01', '2024-13-01', 'now', '', '2024-01-01T25:00', '9999999', '0000-00-00'];
  const all: (() => string[])[] = [
    () => ['--select', pick(random, selectors)],
    () => ['--select', pick(random, selectors), pick(random, selectors)],
    () => ['--exclude', pick(random, selectors)],
    () => ['--selector', pick(random, selectors)],
    () => ['--vars', pick(random, values)],
    () => [
      '--warn-error-options',
      pick(random, [
        ...values,
        '{error: all}',
        '{error: [x]}',
        '{silence: [Deprecations]}',
        '{include: all, exclude: x}',
      ]),
    ],
    () => ['--warn-error'],
    () => ['--state', pick(random, ['before', 'nowhere', 'dbt_project.yml', '', '/'])],
    () => ['--defer'],
    () => ['--defer', '--state', 'before'],
    () => ['--threads', pick(random, ['0', '-1', 'x', '1e9', '', '1'])],
    () => ['--target', pick(random, ['x', '', 'dev', 'é', '__proto__'])],
    () => ['--profile', pick(random, ['x', '', 'judged', '__proto__'])],
    () => ['--target-path', pick(random, ['dbt_project.yml', 'models', '/proc/x', '', 'a/b/c', '\0'])],
    () => ['--log-path', pick(random, ['dbt_project.yml', '/proc/x', '', 'a/b'])],
    () => ['--event-time-start', pick(random, dates), '--event-time-end', pick(random, dates)],
    () => ['--resource-type', pick(random, ['x', 'model', '', 'all', 'unit_test'])],
    () => ['--sample', pick(random, ['1 day', 'x', '', "{'start': 'a', 'end': 'b'}"])],
    () => ['--no-partial-parse'],
    () => [pick(random, ['--x', '-', '--', '--no-', '-x', '--selct', '--=', '---', '--select=', '--vars='])],
  ];
  return pick(random, all)();
}
