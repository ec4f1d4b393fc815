import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../base/index.ts';
import { parseVars } from './parse-vars.ts';
import { type Project, varsFor } from './project.ts';
import { readProject } from './read-project.ts';
import { removeScratch, scratchProject } from './scratch-project.ts';

afterAll(removeScratch);

const read = (files: Record<string, string>, options: object = {}): Promise<Project> =>
  readProject({ projectDir: scratchProject(files), env: {}, ...options });
const settings = (more: string): Record<string, string> => ({
  'dbt_project.yml': `name: shop\nprofile: shop\n${more}`,
});
const paths = (files: readonly { readonly relativePath: string }[]): string[] =>
  files.map((f) => f.relativePath);

describe('dbt_project.yml', () => {
  it('has dbt’s defaults', async () => {
    const { config } = await read({});
    expect(config).toMatchObject({
      name: 'shop',
      modelPaths: ['models'],
      seedPaths: ['seeds'],
      docsPaths: ['models', 'seeds', 'snapshots', 'analyses', 'macros', 'tests', 'functions'],
      targetPath: 'target',
      cleanTargets: ['target'],
      packagesInstallPath: 'dbt_packages',
      queryComment: { comment: null, append: false },
      onRunStart: [],
    });
  });

  it('renders everything but hooks, variables and the query comment', async () => {
    const text = `
models:
  shop:
    +schema: "{{ target.name }}_{{ var('who') }}"
    +enabled: "{{ 1 == 2 | as_bool }}"
    +pre-hook: "insert {{ this }}"
    +alias: "{% if var('nobody', none) != none %}some{% else %}none{% endif %}"
    +database: |
      whole
vars: {a: "{{ later }}"}
on-run-start: "create {{ schema }}"
query-comment: "{{ later }}"
`;
    const { config } = await read(settings(text), { vars: { who: 'ann' } });
    expect(config.models).toEqual({
      shop: {
        '+schema': 'dev_ann',
        '+enabled': false,
        '+pre-hook': 'insert {{ this }}',
        '+alias': 'none',
        '+database': 'whole',
      },
    });
    expect(config.vars).toEqual({ a: '{{ later }}' });
    expect(config.onRunStart).toEqual(['create {{ schema }}']);
    expect(config.queryComment.comment).toBe('{{ later }}');
    expect(config.unrendered['models']).toMatchObject({ shop: { '+enabled': '{{ 1 == 2 | as_bool }}' } });
  });

  it('takes old spellings, and says so', async () => {
    const { config, warnings } = await read(
      settings('source-paths: [src]\ndata-paths: [data]\nmodules-path: mods\n'),
    );
    expect([config.modelPaths, config.seedPaths, config.packagesInstallPath]).toEqual([
      ['src'],
      ['data'],
      'mods',
    ]);
    expect(warnings.map((w) => w.code)).toEqual([
      'project.deprecated-source-paths',
      'project.deprecated-data-paths',
      'project.deprecated-key',
    ]);
    expect(warnings[0]).toMatchObject({
      message: "'source-paths' is the old spelling of 'model-paths'",
      location: { line: 3 },
    });
  });

  it('reads the rest by type', async () => {
    const { config } = await read(
      settings(`
version: 1.0
tests: {+severity: warn}
dispatch: [{macro_namespace: dbt_utils, search_order: [shop, dbt_utils]}]
quoting: {identifier: false}
query-comment: {comment: hi, append: true}
flags: {require_generic_test_arguments_property: true}
require-dbt-version: [">=1.0.0", "<2.0.0"]
`),
    );
    expect(config).toMatchObject({
      version: '1.0',
      tests: { '+severity': 'warn' },
      dispatch: [{ macroNamespace: 'dbt_utils', searchOrder: ['shop', 'dbt_utils'] }],
      quoting: { identifier: false },
      queryComment: { comment: 'hi', append: true, jobLabel: false },
    });
  });

  it.each([
    ['no name', { 'dbt_project.yml': 'profile: shop\n' }, 'project.bad-value', 1],
    ['a name that is none', { 'dbt_project.yml': 'name: my-shop\nprofile: shop\n' }, 'project.bad-name', 1],
    [
      'a name that templates use',
      { 'dbt_project.yml': 'name: model\nprofile: shop\n' },
      'project.bad-name',
      1,
    ],
    ['no profile', { 'dbt_project.yml': 'name: shop\n' }, 'project.no-profile-name', undefined],
    ['a path that is a mapping', settings('model-paths: {a: b}'), 'project.bad-value', 3],
    ['two spellings at once', settings('model-paths: [a]\nsource-paths: [b]'), 'project.conflicting-keys', 4],
    ['a dbt that isn’t ours', settings('require-dbt-version: ">=2.0.0"'), 'project.version-mismatch', 3],
    ['a version that is none', settings('require-dbt-version: "about 1"'), 'project.bad-version', 3],
    [
      'a secret',
      settings('vars: {}\nmodels: {+schema: "{{ env_var(\'DBT_ENV_SECRET_X\') }}"}'),
      'project.secret-not-allowed',
      4,
    ],
    [
      'a variable that isn’t given',
      settings('models: {+schema: "{{ var(\'x\') }}"}'),
      'project.missing-var',
      3,
    ],
    ['Jinja that is none', settings('models: {+schema: "{{ 1 + }}"}'), 'jinja.syntax', 3],
  ])('is located when it has %s', async (_, files, code, line) => {
    const error = await read(files).catch((e: unknown) => e);
    expect(isBoathouseError(error) && { code: error.code, line: error.location?.line }).toEqual({
      code,
      line,
    });
  });

  it('can be told to ignore the version', async () => {
    const project = await read(settings('require-dbt-version: ">=2.0.0"'), { ignoreVersion: true });
    expect(project.config.requireDbtVersion).toEqual(['>=2.0.0']);
  });

  it('warns once of each misspelled key, and not of a project’s own', async () => {
    const { warnings } = await read(
      settings(
        'model-path: [models]\nmodels:\n  shop:\n    a: {+materialzed: view}\n    b: {+materialzed: view, +external_root: x, +my_own: 1}\n',
      ),
    );
    expect(warnings).toMatchObject([
      { code: 'project.unknown-key', hint: "Did you mean 'model-paths'?", location: { line: 3, column: 1 } },
      {
        code: 'project.unknown-config',
        hint: "Did you mean 'materialized'?",
        location: { line: 6, column: 9 },
      },
    ]);
  });

  it('warns of a misspelled flag', async () => {
    const { warnings } = await read(settings('flags: {fail_fst: true, some_new_flag: true}\n'));
    expect(warnings).toMatchObject([{ hint: "Did you mean 'fail_fast'?", location: { line: 3, column: 9 } }]);
  });

  it('is missed where there is none', async () => {
    await expect(readProject({ projectDir: '/nowhere/at/all', env: {} })).rejects.toMatchObject({
      code: 'project.not-a-project',
    });
  });
});

describe('files', () => {
  it('are sorted into what they are', async () => {
    const { packages } = await read({
      'models/b.sql': 'select 1',
      'models/a/x.SQL': 'select 1',
      'models/p.py': '',
      'models/m.yml': 'models: []',
      'models/docs.md': '{% docs x %}{% enddocs %}',
      'models/notes.txt': '',
      'macros/m.sql': '',
      'tests/one.sql': '',
      'tests/generic/t.sql': '',
      'tests/fixtures/f.csv': '',
      'seeds/s.csv': 'a\n1\n',
      'snapshots/snap.sql': '',
      'analyses/an.sql': '',
      'target/compiled/models/b.sql': 'no',
    });
    const { files } = packages[0]!;
    expect(Object.fromEntries(Object.entries(files).map(([kind, list]) => [kind, paths(list)]))).toEqual({
      models: ['models/a/x.SQL', 'models/b.sql', 'models/p.py'],
      macros: ['macros/m.sql'],
      genericTests: ['tests/generic/t.sql'],
      singularTests: ['tests/one.sql'],
      snapshots: ['snapshots/snap.sql'],
      analyses: ['analyses/an.sql'],
      functions: [],
      seeds: ['seeds/s.csv'],
      docs: ['models/docs.md'],
      properties: ['models/m.yml'],
      fixtures: ['tests/fixtures/f.csv'],
    });
  });

  it('are hashed as dbt hashes them: stripped, with unix line ends', async () => {
    const { packages } = await read({ 'models/a.sql': '\r\nselect 1\r\n', 'seeds/s.csv': 'a\n1\n' });
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(packages[0]?.files.models[0]).toMatchObject({ text: '\nselect 1\n', sha256: hash('select 1') });
    expect(packages[0]?.files.seeds[0]).toMatchObject({
      text: '',
      sha256: hash('a\n1'),
      checksumName: 'sha256',
    });
  });

  it('large seeds are known by their path', async () => {
    const { packages } = await read({ 'seeds/big.csv': `a\n${'1\n'.repeat(600_000)}` });
    expect(packages[0]?.files.seeds[0]).toMatchObject({ checksumName: 'path', sha256: 'seeds/big.csv' });
  });

  it('are left out by .dbtignore', async () => {
    const { packages } = await read({
      '.dbtignore': '# drafts\n*.draft.sql\nmodels/old/\n!models/old/keep.sql\n',
      'models/a.sql': '',
      'models/b.draft.sql': '',
      'models/old/c.sql': '',
      'models/old/keep.sql': '',
    });
    expect(paths(packages[0]!.files.models)).toEqual(['models/a.sql', 'models/old/keep.sql']);
  });

  it('are found through links, but not in circles', async () => {
    const root = scratchProject({ 'models/a.sql': '', 'elsewhere/b.sql': '' });
    symlinkSync(join(root, 'elsewhere'), join(root, 'models/linked'));
    symlinkSync(join(root, 'models'), join(root, 'models/loop'));
    const { packages } = await readProject({ projectDir: root, env: {} });
    expect(paths(packages[0]!.files.models)).toEqual(
      expect.arrayContaining(['models/a.sql', 'models/linked/b.sql']),
    );
  });

  it('that aren’t text say so', async () => {
    const root = scratchProject();
    mkdirSync(join(root, 'models'));
    writeFileSync(join(root, 'models/a.sql'), Buffer.from([0x73, 0xff, 0xfe]));
    await expect(readProject({ projectDir: root, env: {} })).rejects.toMatchObject({
      code: 'project.unreadable-file',
    });
  });
});

describe('property files', () => {
  const properties = (text: string): Promise<Project> => read({ 'models/p.yml': text });

  it('keep their Jinja and give the place of every value', async () => {
    const { packages } = await properties(
      'models:\n  - name: a\n    description: "{{ doc(\'x\') }}"\nseeds:\n',
    );
    const file = packages[0]!.files.properties[0]!;
    expect(file.data).toEqual({ models: [{ name: 'a', description: "{{ doc('x') }}" }] });
    expect(file.locate(['models', 0, 'description'])).toMatchObject({ line: 3, column: 18 });
  });

  it.each([
    [
      'a list that is a mapping',
      'models: {name: a}',
      'models must be a list of mappings, but is a mapping',
      1,
      9,
    ],
    [
      'an entry without a name',
      'models:\n  - description: x',
      'models[0].name must be given, but is missing',
      2,
      5,
    ],
    [
      'an entry that is a text',
      'sources:\n  - raw',
      "sources[0] must be a mapping, but is the text 'raw'",
      2,
      5,
    ],
    [
      'columns that are a text',
      'models:\n  - name: a\n    columns: id',
      "models[0].columns must be a list of mappings, but is the text 'id'",
      3,
      14,
    ],
    [
      'a test that is a number',
      'models:\n  - name: a\n    columns:\n      - name: id\n        tests: [[1]]',
      'models[0].columns[0].tests[0] must be a test: its name, or a mapping, but is a list',
      5,
      17,
    ],
    [
      'a quote that is a text',
      'models:\n  - name: a\n    columns: [{name: id, quote: maybe}]',
      "models[0].columns[0].quote must be true or false, but is the text 'maybe'",
      3,
      33,
    ],
    ['no mapping at all', '- a', 'the file must be a mapping with models, sources, …, but is a list', 1, 1],
  ])('are located when they have %s', async (_, text, message, line, column) => {
    await expect(properties(text)).rejects.toMatchObject({
      code: 'project.bad-value',
      message,
      location: { line, column },
    });
  });

  it('warn once of keys that nothing uses', async () => {
    const { warnings } = await properties(
      'modles: []\nmodels:\n  - name: a\n    descripton: x\n    config: {materialzed: view, meta: {materialzed: 1}}\n  - name: b\n    descripton: y\n',
    );
    expect(warnings.map((w) => [w.code, w.hint, w.location?.line])).toEqual([
      ['project.unknown-key', "Did you mean 'models'?", 1],
      ['project.unknown-key', "Did you mean 'description'?", 4],
      ['project.unknown-config', "Did you mean 'materialized'?", 5],
    ]);
  });

  it('that are known to be good are parsed when they are looked at', async () => {
    const text = 'models:\n  - name: a\n';
    const first = (await read({ 'models/p.yml': text })).packages[0]!.files.properties[0]!;
    const knownGood = new Set([first.sha256]);
    const again = (await read({ 'models/p.yml': text }, { knownGood })).packages[0]!.files.properties[0]!;
    expect(again.data).toEqual(first.data);
    expect(again.locate(['models', 0, 'name'])).toMatchObject({ line: 2 });
  });
});

describe('packages', () => {
  const packageFiles = (folder: string, name: string, more = ''): Record<string, string> => ({
    [`${folder}/dbt_project.yml`]: `name: ${name}\n${more}`,
    [`${folder}/macros/${name}.sql`]: '',
  });

  it('that are local are read where they are, nested ones from the root', async () => {
    const { packages } = await read({
      'packages.yml': `packages:\n  - local: "{{ env_var('WHERE', 'libs') }}/one"\n`,
      ...packageFiles('libs/one', 'one'),
      'libs/one/packages.yml': 'packages: [{local: libs/two}]\n',
      ...packageFiles('libs/two', 'two'),
    });
    expect(packages.map((p) => p.name)).toEqual(['shop', 'one', 'two']);
    expect(paths(packages[1]!.files.macros)).toEqual(['macros/one.sql']);
  });

  it('from elsewhere are read from dbt_packages', async () => {
    const { packages } = await read({
      'packages.yml':
        'packages:\n  - {package: dbt-labs/dbt_utils, version: 1.0.0}\n  - {git: "https://x/dbt-tools.git", revision: main}\n',
      ...packageFiles('dbt_packages/dbt_utils', 'dbt_utils'),
      ...packageFiles('dbt_packages/tools', 'tools'),
    });
    expect(packages.map((p) => p.name)).toEqual(['shop', 'dbt_utils', 'tools']);
  });

  it('may be asked for by the project and by a local package', async () => {
    const asked = 'packages:\n  - {package: dbt-labs/dbt_utils, version: 1.0.0}\n';
    const { packages } = await read({
      'packages.yml': `${asked}  - local: libs/one\n`,
      ...packageFiles('libs/one', 'one'),
      'libs/one/packages.yml': asked,
      ...packageFiles('dbt_packages/dbt_utils', 'dbt_utils'),
    });
    expect(packages.map((p) => p.name)).toEqual(['shop', 'one', 'dbt_utils']);
  });

  it.each([
    [
      'isn’t installed',
      'packages:\n  - {package: dbt-labs/dbt_utils, version: 1.0.0}\n',
      'project.package-not-installed',
      2,
    ],
    ['isn’t at its path', 'packages:\n  - local: nowhere\n', 'project.package-not-installed', 2],
    ['is of no known kind', 'packages:\n  - {pakage: a/b}\n', 'project.bad-value', 2],
  ])('are named when one %s', async (_, text, code, line) => {
    await expect(read({ 'packages.yml': text })).rejects.toMatchObject({ code, location: { line } });
  });

  it('need names of their own', async () => {
    const files = { 'packages.yml': 'packages: [{local: libs/one}]\n', ...packageFiles('libs/one', 'shop') };
    await expect(read(files)).rejects.toMatchObject({ code: 'project.duplicate-package' });
  });

  it('see variables in dbt’s order', async () => {
    const project = await read(
      {
        ...settings('vars: {a: root, b: root, one: {b: scoped}, d: root}\n'),
        'packages.yml': 'packages: [{local: one}]\n',
        ...packageFiles('one', 'one', 'vars: {a: own, b: own, c: own, one: {c: own scoped}}\n'),
      },
      { vars: { d: 'cli' } },
    );
    expect(varsFor(project, 'one')).toMatchObject({ a: 'root', b: 'scoped', c: 'own scoped', d: 'cli' });
    expect(varsFor(project, 'shop')).toMatchObject({ a: 'root', b: 'root', d: 'cli' });
  });
});

describe('selectors.yml', () => {
  it('is read as a tree', async () => {
    const { config } = await read({
      'selectors.yml': `
selectors:
  - name: one
    definition: tag:a+
  - name: two
    description: more
    default: "{{ target.name == 'dev' | as_bool }}"
    definition:
      union:
        - {method: selector, value: one}
        - tag: b
        - {method: fqn, value: c, parents: true, parents_depth: 2, indirect_selection: cautious}
        - exclude: [x]
`,
    });
    expect(config.selectors).toMatchObject([
      { name: 'one', isDefault: false, definition: { kind: 'text', text: 'tag:a+' } },
      {
        name: 'two',
        definition: {
          kind: 'union',
          members: [
            { kind: 'inherit', name: 'one' },
            { kind: 'criterion', method: 'tag', value: 'b' },
            {
              kind: 'criterion',
              method: 'fqn',
              parents: true,
              parentsDepth: 2,
              indirectSelection: 'cautious',
            },
          ],
          exclude: [{ kind: 'text', text: 'x' }],
        },
      },
    ]);
  });

  it.each([
    [
      'a name twice',
      '- {name: a, definition: x}\n  - {name: a, definition: x}',
      'project.duplicate-selector',
      3,
    ],
    [
      'a selector from further down',
      '- {name: a, definition: {method: selector, value: b}}\n  - {name: b, definition: x}',
      'project.bad-value',
      2,
    ],
    ['no definition', '- {name: a}', 'project.bad-value', 2],
    [
      'a criterion without a value',
      '- {name: a, definition: {method: tag, parents: true}}',
      'project.bad-value',
      2,
    ],
    ['two sets at once', '- {name: a, definition: {union: [x], intersection: [y]}}', 'project.bad-value', 2],
  ])('is located when it has %s', async (_, entries, code, line) => {
    await expect(read({ 'selectors.yml': `selectors:\n  ${entries}\n` })).rejects.toMatchObject({
      code,
      location: { line },
    });
  });
});

describe('--vars', () => {
  it.each([
    ['YAML', 'a: 1\nb: [x]'],
    ['a flow mapping', '{a: 1, b: [x]}'],
    ['JSON', '{"a": 1, "b": ["x"]}'],
  ])('may be %s', (_, text) => {
    expect(parseVars(text)).toEqual({ a: 1, b: ['x'] });
  });

  it.each(['[1]', 'a', '{a: '])('can’t be %s', (text) => {
    expect(() => parseVars(text)).toThrow(expect.objectContaining({ code: 'project.bad-vars' }));
  });
});
