/** A kept parse answers only while nothing that it looked at has changed, whatever changes and however. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAgain } from '../compiler/index.ts';
import type { ProjectOptions } from './options.ts';
import { checkProject, parse } from './parse.ts';
import { likelyTargetPath, parseRequest } from './parse-request.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml':
    "name: shop\nversion: \"{{ env_var('SHOP_VERSION', '1') }}\"\nprofile: shop\nvars: {digits: 2}\nmodels:\n  shop:\n    +materialized: view\n",
  'profiles.yml':
    "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: \"{{ env_var('SHOP_PATH', 'lake.duckdb') }}\"}\n    prod: {type: duckdb, path: lake.duckdb, schema: prod}\n",
  'packages.yml': 'packages:\n  - local: parts\n',
  'parts/dbt_project.yml': 'name: parts\nversion: "1"\nprofile: shop\n',
  'parts/macros/part.sql': '{% macro part() %}3{% endmacro %}\n',
  'macros/scaled.sql':
    "{% macro scaled(x) %}{{ x }} * {{ env_var('SHOP_FACTOR', '7') }} * {{ var('digits') }}{% endmacro %}\n",
  'models/orders.sql': "select 1 as id, {{ scaled('2') }} as amount, {{ parts.part() }} as part\n",
  'models/daily/totals.sql': "select sum(amount) as total from {{ ref('orders') }}\n",
  'models/schema.yml':
    'version: 2\nmodels:\n  - name: orders\n    description: "{{ doc(\'orders\') }}"\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n',
  'models/docs.md': '{% docs orders %}All of them.{% enddocs %}\n',
  'seeds/regions.csv': 'id,name\n1,north\n',
  'analyses/look.sql': "select * from {{ ref('totals') }}\n",
};

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A project of its own, outside of which nothing is looked at. */
class Shop {
  readonly root: string;
  env: Record<string, string> = {};
  options: ProjectOptions = {};

  constructor(more: Readonly<Record<string, string>> = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'boathouse-again-'));
    made.push(this.root);
    for (const [path, text] of Object.entries({ ...files, ...more })) this.put(path, text);
  }

  path(path: string): string {
    return join(this.root, path);
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  get asked(): ProjectOptions {
    return {
      projectDir: this.root,
      profilesDir: this.root,
      logPath: null,
      ...this.options,
      env: this.env,
    };
  }

  /** Whether the kept parse answers from outside, without the project being read. */
  async answers(): Promise<boolean> {
    const invocation = { id: 'x', startedAt: new Date(0), env: this.env };
    const targetPath = likelyTargetPath(this.asked);
    const again = await parseAgain({ request: parseRequest(this.asked), targetPath, invocation });
    return again?.edited === 0;
  }

  manifest(folder = 'target'): unknown {
    const text = this.read(`${folder}/manifest.json`);
    const { metadata, ...rest } = JSON.parse(text) as Record<string, object>;
    const { invocation_id: _i, ...own } = metadata as Record<string, unknown>;
    const stable = Object.fromEntries(Object.entries(own).filter(([key]) => !key.endsWith('_at')));
    return JSON.parse(
      JSON.stringify({ stable, ...rest }, (key, value: unknown) => (key === 'created_at' ? 0 : value)),
    );
  }
}

/** A parse whose files have settled: changed so long before it that their times alone can be trusted. */
async function settle(shop: Shop): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 90));
  await checkProject(shop.asked);
  expect(await shop.answers()).toBe(true);
}

const edit = (path: string, from: string, to: string) => (shop: Shop) => {
  const text = shop.read(path);
  expect(text).toContain(from);
  shop.put(path, text.replace(from, to));
};

/** Same size, and the times that a tool which keeps them would leave. */
const editKeepingTimes = (path: string, from: string, to: string) => (shop: Shop) => {
  const before = statSync(shop.path(path));
  edit(path, from, to)(shop);
  utimesSync(shop.path(path), before.atime, before.mtime);
  expect(statSync(shop.path(path)).size).toBe(before.size);
};

const changes: [string, (shop: Shop) => void][] = [
  ['a model', edit('models/orders.sql', 'as id', 'as number')],
  ['a model, to the same size', edit('models/orders.sql', 'select 1', 'select 2')],
  ['a model, to the same size and times', editKeepingTimes('models/orders.sql', 'select 1', 'select 2')],
  [
    'a model, by putting another file in its place',
    (shop) => {
      shop.put('new.sql', shop.read('models/orders.sql').replace('select 1', 'select 2'));
      const { atime, mtime } = statSync(shop.path('models/orders.sql'));
      utimesSync(shop.path('new.sql'), atime, mtime);
      renameSync(shop.path('new.sql'), shop.path('models/orders.sql'));
    },
  ],
  ['white space around a text', edit('models/docs.md', 'All of them.', 'All of them. ')],
  ['a property file', edit('models/schema.yml', '[unique, not_null]', '[unique]')],
  ['a macro', edit('macros/scaled.sql', '{{ x }} *', '{{ x }} +')],
  ['a doc block', edit('models/docs.md', 'All', 'Most')],
  ['a seed', edit('seeds/regions.csv', 'north', 'south')],
  ['an analysis', edit('analyses/look.sql', '*', 'total')],
  ['the project file', edit('dbt_project.yml', '+materialized: view', '+materialized: table')],
  ['a variable of the project file', edit('dbt_project.yml', 'digits: 2', 'digits: 3')],
  ['the profile', edit('profiles.yml', 'outputs:\n', 'outputs:\n    # new\n')],
  ['the profile’s target', edit('profiles.yml', 'target: dev', 'target: prod')],
  ['a package’s macro', edit('parts/macros/part.sql', '3', '4')],
  ['the list of packages', edit('packages.yml', 'parts', 'parts # the same')],
  [
    'a package that is installed',
    (shop) => {
      cpSync(shop.path('parts'), shop.path('dbt_packages/more'), { recursive: true });
      edit('dbt_packages/more/dbt_project.yml', 'name: parts', 'name: more')(shop);
    },
  ],
  ['a model that is deleted', (shop) => unlinkSync(shop.path('analyses/look.sql'))],
  [
    'a model that is renamed',
    (shop) => renameSync(shop.path('analyses/look.sql'), shop.path('analyses/see.sql')),
  ],
  ['a folder that is renamed', (shop) => renameSync(shop.path('models/daily'), shop.path('models/dayly'))],
  ['a new model in a new folder', (shop) => shop.put('models/a/b/new.sql', 'select 1 as x\n')],
  [
    'a new folder that the project file names already',
    (shop) =>
      shop.put(
        'snapshots/s.sql',
        "{% snapshot s %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select 1 as id{% endsnapshot %}",
      ),
  ],
  ['a new .dbtignore', (shop) => shop.put('.dbtignore', 'analyses/\n')],
  ['new selectors', (shop) => shop.put('selectors.yml', 'selectors:\n  - name: all\n    definition: "*"\n')],
  ['a variable that the project file reads', (shop) => (shop.env = { SHOP_VERSION: '2' })],
  ['a variable that the profile reads', (shop) => (shop.env = { SHOP_PATH: 'other.duckdb' })],
  ['a variable that a macro reads', (shop) => (shop.env = { SHOP_FACTOR: '8' })],
  ['a variable that is set to nothing', (shop) => (shop.env = { SHOP_FACTOR: '' })],
  ['--vars', (shop) => (shop.options = { vars: { digits: 5 } })],
  ['--vars as text', (shop) => (shop.options = { vars: '{digits: 5}' })],
  ['--target', (shop) => (shop.options = { target: 'prod' })],
  ['--threads', (shop) => (shop.options = { threads: 9 })],
  [
    'another folder of profiles',
    (shop) => {
      shop.put('elsewhere/profiles.yml', files['profiles.yml']?.replace('lake', 'river') ?? '');
      shop.options = { profilesDir: shop.path('elsewhere') };
    },
  ],
];

describe('a kept parse', () => {
  it.each(changes)('does not answer after a change of %s', async (_, change) => {
    const shop = new Shop();
    await settle(shop);
    change(shop);
    expect(await shop.answers()).toBe(false);
    await checkProject(shop.asked);
    const found = shop.manifest();
    await parse({ ...shop.asked, targetPath: 'whole', partialParse: false });
    expect(found).toEqual(shop.manifest('whole'));
    expect(await shop.answers()).toBe(true);
  });

  const edits: readonly (readonly [string, string, string, string, boolean])[] = [
    ['another column', 'models/daily/totals.sql', 'as total', 'as sum', true],
    ['white space', 'models/daily/totals.sql', 'select', '\n\n  select', true],
    ['text that JSON escapes', 'models/daily/totals.sql', 'as total', 'as "é\\\\\\" {}"', true],
    ['a comment in braces', 'models/daily/totals.sql', 'select', '{# { #} select', true],
    ['Windows line ends', 'models/daily/totals.sql', '\n', '\r\n', true],
    ['another argument of a quiet macro', 'models/orders.sql', "'2'", "'3'", false],
    ['another argument of a macro', 'models/quiet.sql', "'a'", "'b'", true],
    ['a reference', 'models/daily/totals.sql', "ref('orders')", "ref('quiet')", false],
    ['another reference', 'models/quiet.sql', '1 as', "(select 1 from {{ ref('orders') }}) as", false],
    ['a configuration', 'models/quiet.sql', "config(tags=['x'])", "config(tags=['y'])", false],
    ['a macro more', 'models/quiet.sql', '1 as', '{{ parts.part() }} as', false],
    ['a statement', 'models/quiet.sql', '1 as', '{% if true %}1{% endif %} as', false],
  ];
  it.each(edits)(
    'after an edit of a model (%s) gives what a whole parse gives',
    async (_, path, from, to, isSimple) => {
      const shop = new Shop({
        'macros/doubled.sql': '{% macro doubled(x) %}2 * {{ x }}{% endmacro %}\n',
        'models/quiet.sql':
          "{{ config(tags=['x']) }} select 1 as one, {{ doubled('a') }} as two from (select 1 as a, 2 as b)\n",
        'models/schema.yml': `${files['models/schema.yml']}  - name: quiet\n    config: {meta: {owner: me}}\n`,
      });
      await settle(shop);
      edit(path, from, to)(shop);
      const summary = await checkProject(shop.asked);
      expect(summary.edited ?? 0).toBe(isSimple ? 1 : 0);
      expect(summary.fromCache).toBe(false);
      const found = shop.manifest();
      await parse({ ...shop.asked, targetPath: 'whole', partialParse: false });
      expect(found).toEqual(shop.manifest('whole'));
      expect(await shop.answers()).toBe(true);
      // Commands that read the project take it as it is.
      expect((await parse(shop.asked)).fromCache).toBe(true);
      edit(path, to, from)(shop);
      const back = await parse(shop.asked);
      expect(back.fromCache).toBe(false);
      await parse({ ...shop.asked, targetPath: 'whole', partialParse: false });
      expect(shop.manifest()).toEqual(shop.manifest('whole'));
      expect((await parse(shop.asked)).fromCache).toBe(true);
    },
  );

  it('does not take a secret in with an edit', async () => {
    const shop = new Shop();
    shop.env = { DBT_ENV_SECRET_WORD: 'Rapunzel-in-her-tower' };
    await settle(shop);
    edit('models/daily/totals.sql', 'as total', "as total, 'Rapunzel-in-her-tower' as name")(shop);
    expect((await checkProject(shop.asked)).edited ?? 0).toBe(0);
    expect(shop.read('target/manifest.json')).not.toContain('Rapunzel-in-her-tower');
  });

  it.each(changes)('does not answer after a change of %s within the clock’s step', async (_, change) => {
    const shop = new Shop();
    await checkProject(shop.asked);
    change(shop);
    expect(await shop.answers()).toBe(false);
  });

  it('sees a change that left size, times and inode as they were, when it followed the read at once', async () => {
    const shop = new Shop();
    await checkProject(shop.asked);
    editKeepingTimes('models/orders.sql', 'select 1', 'select 2')(shop);
    // As if the clock of the file system had not moved between the read and the change.
    const cache = shop.path('target/boathouse_parse.json');
    const { mtimeMs, ctimeMs, ino } = statSync(shop.path('models/orders.sql'));
    const [head = '', ...body] = readFileSync(cache, 'utf8').split('\n');
    const header = JSON.parse(head) as {
      again: { inputs: { files: (string | number)[][]; readAtMs: number } };
    };
    const row = header.again.inputs.files.find(([path]) => path === shop.path('models/orders.sql'));
    row?.splice(2, 3, mtimeMs, ctimeMs, ino);
    writeFileSync(cache, [JSON.stringify(header), ...body].join('\n'));
    expect(await shop.answers()).toBe(false);
    // It is the time of the read that tells: much later, the same times would be trusted.
    header.again.inputs.readAtMs += 60_000;
    writeFileSync(cache, [JSON.stringify(header), ...body].join('\n'));
    expect(await shop.answers()).toBe(true);
  });

  it('follows links: another file behind the same one is a change', async () => {
    const shop = new Shop({ 'elsewhere/a.sql': 'select 1 as a\n', 'elsewhere/b.sql': 'select 2 as b\n' });
    symlinkSync(shop.path('elsewhere/a.sql'), shop.path('models/linked.sql'));
    symlinkSync(shop.path('elsewhere'), shop.path('models/folder'));
    await settle(shop);
    shop.put('elsewhere/c.sql', 'select 3 as c\n');
    expect(await shop.answers()).toBe(false);
    await settle(shop);
    edit('elsewhere/a.sql', '1', '4')(shop);
    expect(await shop.answers()).toBe(false);
  });

  it('answers when files were touched but hold the same, and then needs not open them again', async () => {
    const shop = new Shop();
    await settle(shop);
    const now = new Date();
    for (const path of Object.keys(files)) utimesSync(shop.path(path), now, now);
    await new Promise((resolve) => setTimeout(resolve, 90));
    const before = shop.read('target/boathouse_parse.json');
    expect(await shop.answers()).toBe(true);
    const after = shop.read('target/boathouse_parse.json');
    expect(after).not.toBe(before);
    expect(await shop.answers()).toBe(true);
    expect(shop.read('target/boathouse_parse.json')).toBe(after);
  });

  it('answers whatever changes beside what was looked at', async () => {
    const shop = new Shop();
    await settle(shop);
    shop.put('README', 'A shop.');
    shop.put('logs/dbt.log', '…');
    shop.env = { OTHER: '1' };
    shop.options = { writeJson: false, warnError: true };
    expect(await shop.answers()).toBe(true);
  });

  it('is of one build, and complete', async () => {
    const shop = new Shop();
    await settle(shop);
    const cache = shop.path('target/boathouse_parse.json');
    const whole = readFileSync(cache);
    const cut = whole.subarray(0, whole.lastIndexOf('}', whole.length - 2) + 1);
    const older = Buffer.from(whole.toString().replace('"build":"source"', '"build":"older"'));
    for (const broken of [cut, older, Buffer.from('{"again":'), Buffer.alloc(0)]) {
      writeFileSync(cache, broken);
      expect(await shop.answers()).toBe(false);
      expect(await checkProject(shop.asked)).toMatchObject({ fromCache: false });
      expect(await shop.answers()).toBe(true);
    }
  });

  it('looks at the built-in macros as well', async () => {
    const shop = new Shop();
    await settle(shop);
    const cache = shop.path('target/boathouse_parse.json');
    const text = readFileSync(cache, 'utf8');
    const macros = join(import.meta.dirname, '../../macros');
    expect(text).toContain(`"${macros}/dbt"`);
    writeFileSync(cache, text.replace(/(macros\/dbt\/[^"]+\.sql",)[\d.,]+"\w+"/, '$11,1,1,1,"00"'));
    expect(await shop.answers()).toBe(false);
  });

  it('does not answer for a project that is looked at through the clock or that has something to tell', async () => {
    const clock = new Shop({ 'models/now.sql': "select '{{ run_started_at }}' as at\n" });
    await checkProject(clock.asked);
    expect(await clock.answers()).toBe(false);
    const warned = new Shop();
    edit('models/schema.yml', 'version: 2', 'version: 2\nmodles: []')(warned);
    const told: string[] = [];
    for (const _ of [1, 2]) {
      await checkProject({
        ...warned.asked,
        emit: (event) => event.kind === 'message' && told.push(event.text),
      });
    }
    expect(told).toHaveLength(2);
    expect(told[0]).toBe(told[1]);
  });

  it('repeats what the compiler told, so that --warn-error fails every time', async () => {
    const shop = new Shop();
    appendFileSync(shop.path('models/schema.yml'), '  - name: nowhere\n');
    await checkProject(shop.asked);
    await expect(checkProject({ ...shop.asked, warnError: true })).rejects.toThrow(/nowhere/);
    await expect(checkProject({ ...shop.asked, warnError: true })).rejects.toThrow(/nowhere/);
  });

  it('is not shown when a secret has come to stand in it', async () => {
    const shop = new Shop({ 'models/docs.md': '{% docs orders %}Ask Rumpelstiltskin.{% enddocs %}\n' });
    await settle(shop);
    expect(shop.read('target/manifest.json')).toContain('Rumpelstiltskin');
    shop.env = { DBT_ENV_SECRET_WORD: 'Rumpelstiltskin' };
    await checkProject(shop.asked);
    expect(shop.read('target/manifest.json')).not.toContain('Rumpelstiltskin');
  });

  it('is found where target-path says, also when that is a template', async () => {
    for (const path of ['out', '"out" # here', '\'{{ env_var("OUT", "out") }}\'']) {
      const shop = new Shop({ 'dbt_project.yml': `${files['dbt_project.yml']}target-path: ${path}\n` });
      await checkProject(shop.asked);
      expect(await checkProject(shop.asked)).toMatchObject({ fromCache: true });
      expect(await shop.answers()).toBe(!path.includes('{{'));
      expect(shop.manifest('out')).toBeDefined();
    }
  });
});
