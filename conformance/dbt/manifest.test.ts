/**
 * `dbt parse` and our parse of the same projects, manifest against manifest, key by key; and the code
 * that `dbt compile` makes of nodes whose macros are all the user's.
 *
 * Left out, because they can't or needn't agree: times and ids of the invocation, the text of built-in
 * macros (ours are our own), dbt's overview page, where a local package was installed, and the order of
 * what Python keeps in sets.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Compilation,
  compileProject,
  type Invocation,
  writeCompiled,
} from '../../src/compiler/index.ts';
import { readProject } from '../../src/project/index.ts';
import { dbt, noDbt } from './dbt.ts';

type Json = { [key: string]: unknown };

const projects = process.env['BOATHOUSE_PROJECTS'];

/** The projects to compare on, with what is known to differ: a path of keys, and why. */
const cases = [
  {
    name: 'a project with a package, versions, overrides, tests, snapshots and the rest',
    folder: join(import.meta.dirname, 'wide-project'),
    profiles: '.',
    skip: noDbt,
    differs: [
      [/^nodes\.seed\.pk\.ps\.root_path$/, 'dbt links local packages into dbt_packages'],
      [
        /^disabled\.source\.tt\.raw\.t3\.0\.source_description$/,
        'dbt leaves descriptions of disabled sources unrendered',
      ],
    ],
  },
  {
    name: 'the feature matrix',
    folder: join(projects ?? '', 'feature_matrix'),
    profiles: '_oracle',
    skip: noDbt || (projects === undefined ? 'BOATHOUSE_PROJECTS names no folder' : ''),
    differs: [],
  },
] satisfies { name: string; folder: string; profiles: string; skip: string; differs: [RegExp, string][] }[];

describe.each(cases)('$name', ({ folder, profiles, skip, differs }) => {
  describe.skipIf(skip !== '')(`beside dbt${skip && ` (skipped: ${skip})`}`, () => {
    let copy = '';
    let compilation: Compilation;
    let theirs: Json = {};

    beforeAll(async () => {
      copy = mkdtempSync(join(tmpdir(), 'boathouse-manifest-'));
      cpSync(folder, copy, { recursive: true });
      if (existsSync(join(copy, 'packages.yml')))
        await dbt(copy, '--quiet', 'deps', '--profiles-dir', profiles);
      await dbt(copy, '--quiet', 'parse', '--profiles-dir', profiles);
      theirs = JSON.parse(readFileSync(join(copy, 'target/manifest.json'), 'utf8')) as Json;
      const options = { projectDir: copy, profilesDir: join(copy, profiles), env: {} };
      const invocation: Invocation = {
        id: 'x',
        startedAt: new Date(),
        command: 'parse',
        args: {},
        threads: 1,
        fullRefresh: false,
        vars: {},
        flags: {},
        env: {},
      };
      compilation = await compileProject(await readProject(options), {
        invocation,
        targetPath: join(copy, 'ours'),
        partialParse: false,
      });
    });

    afterAll(() => rmSync(copy, { recursive: true, force: true }));

    it('gives the same manifest', () => {
      const ours = JSON.parse(Buffer.from(compilation.manifestJson()).toString()) as Json;
      const found: string[] = [];
      compare('', comparable(theirs), comparable(ours), found);
      const known = (line: string): boolean =>
        differs.some(([path]) => path.test(line.split(':', 1)[0] ?? ''));
      expect(found.filter((line) => !known(line))).toEqual([]);
    });

    it('has its keys in the same order', () => {
      const ours = JSON.parse(Buffer.from(compilation.manifestJson()).toString()) as Json;
      expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    });

    it('gives no difference that is listed but gone', () => {
      const ours = JSON.parse(Buffer.from(compilation.manifestJson()).toString()) as Json;
      const found: string[] = [];
      compare('', comparable(theirs), comparable(ours), found);
      for (const [path] of differs)
        expect(found.some((line) => path.test(line.split(':', 1)[0] ?? ''))).toBe(true);
    });
  });
});

describe.skipIf(noDbt !== '')(`compiled code beside dbt${noDbt && ` (skipped: ${noDbt})`}`, () => {
  it('is the same for everything that calls only macros of the project', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'boathouse-compiled-'));
    try {
      cpSync(join(import.meta.dirname, 'wide-project'), copy, { recursive: true });
      for (const command of ['deps', 'compile']) {
        await dbt(copy, '--quiet', command, '--profiles-dir', '.');
      }
      const compilation = await compileProject(
        await readProject({ projectDir: copy, profilesDir: copy, env: {} }),
        {
          invocation: {
            id: 'x',
            startedAt: new Date(),
            command: 'compile',
            args: {},
            threads: 1,
            fullRefresh: false,
            vars: {},
            flags: {},
            env: {},
          },
          targetPath: join(copy, 'ours'),
        },
      );
      let compared = 0;
      for (const node of Object.values(compilation.manifest.nodes)) {
        if (node.depends_on.macros.some((macro) => macro.startsWith('macro.dbt'))) continue;
        if (node.resource_type === 'seed' || !node.config.enabled) continue;
        await compilation.compileNode(node.unique_id, undefined);
        const path = await writeCompiled(node, join(copy, 'ours'), copy);
        const theirs = join(copy, path.replace(/^ours/, 'target'));
        if (!existsSync(theirs)) continue;
        expect(`${path}\n${node.compiled_code}`).toBe(`${path}\n${readFileSync(theirs, 'utf8')}`);
        compared += 1;
      }
      expect(compared).toBeGreaterThan(20);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

const perInvocation = new Set([
  'generated_at',
  'invocation_id',
  'invocation_started_at',
  'run_started_at',
  'dbt_version',
  'created_at',
]);

function comparable(manifest: Json): Json {
  const user = (id: string): boolean => !/^(macro|doc)\.dbt(_duckdb)?\./.test(id);
  const only = (part: unknown): Json =>
    Object.fromEntries(Object.entries(part as Json).filter(([id]) => user(id)));
  return { ...manifest, macros: only(manifest['macros']), docs: only(manifest['docs']) };
}

/** Adds a line for every value that differs. */
function compare(path: string, theirs: unknown, ours: unknown, found: string[]): void {
  if (isObject(theirs) && isObject(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      if (perInvocation.has(key)) continue;
      compare(path === '' ? key : `${path}.${key}`, theirs[key], ours[key], found);
    }
    return;
  }
  if (Array.isArray(theirs) && Array.isArray(ours) && theirs.length === ours.length) {
    const inSet = /(^|\.)tags$/.test(path);
    const [a, b] = inSet ? [[...theirs].sort(), [...ours].sort()] : [theirs, ours];
    for (const [i, item] of a.entries()) compare(`${path}.${i}`, item, b[i], found);
    return;
  }
  if (theirs !== ours) found.push(`${path}: dbt ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours)}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
