/**
 * `dbt docs generate` and ours of the same project, each after its own build: `catalog.json` key by key,
 * the graph's summary, and our artifacts read by dbt's own classes.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, docsGenerate } from '../../src/workflows/index.ts';
import { dbt, noDbt } from './dbt.ts';
import { dbtReads } from './dbt-reads.ts';

type Json = { [key: string]: unknown };

/** Ways to ask, each in both tools' words. */
const ways = [
  { name: 'as it is', args: [], options: {} },
  {
    name: 'of a selection',
    args: ['--select', 'fees+', 'source:registry'],
    options: { select: ['fees+', 'source:registry'] },
  },
  { name: 'without a model', args: ['--exclude', 'fees'], options: { exclude: ['fees'] } },
  { name: 'without compiling', args: ['--no-compile'], options: { compile: false } },
  { name: 'of nothing', args: ['--empty-catalog'], options: { emptyCatalog: true } },
] as const;

describe.skipIf(noDbt !== '')(`docs generate beside dbt${noDbt && ` (skipped: ${noDbt})`}`, () => {
  let folder = '';
  const theirs = new Map<string, Json>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-catalog-'));
    for (const who of ['theirs', 'ours']) {
      cpSync(join(import.meta.dirname, 'docs-project'), join(folder, who), { recursive: true });
      mkdirSync(join(folder, who, 'ext'));
    }
    await dbt(join(folder, 'theirs'), '--quiet', 'build');
    for (const { name, args } of ways) {
      await dbt(join(folder, 'theirs'), '--quiet', 'docs', 'generate', ...args);
      theirs.set(name, read('theirs', 'catalog.json'));
    }
    await dbt(join(folder, 'theirs'), '--quiet', 'docs', 'generate');
    const { counts } = await build({ projectDir: join(folder, 'ours'), env: {} });
    expect(counts.error).toBe(0);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (who: string, name: string): Json =>
    JSON.parse(readFileSync(join(folder, who, 'target', name), 'utf8')) as Json;
  const generate = (options: object): ReturnType<typeof docsGenerate> =>
    docsGenerate({ projectDir: join(folder, 'ours'), env: {}, ...options });

  it.each(ways)('gives the same catalog $name', async ({ name, options }) => {
    await generate(options);
    const [a, b] = [theirs.get(name)!, read('ours', 'catalog.json')];
    expect({ ...b, metadata: null }).toEqual({ ...a, metadata: null });
    for (const part of ['nodes', 'sources'] as const) {
      expect(Object.keys(b[part] as Json)).toEqual(Object.keys(a[part] as Json));
    }
    expect(JSON.stringify({ ...b, metadata: null })).toBe(JSON.stringify({ ...a, metadata: null }));
    expect(Object.keys(b['metadata'] as Json)).toEqual(Object.keys(a['metadata'] as Json));
  });

  it('gives the same results, statuses and messages, and names itself as dbt does', async () => {
    await generate({});
    const rows = (results: Json): unknown[] =>
      (results['results'] as Json[])
        .map(({ unique_id, status, message, compiled, relation_name }) => [
          unique_id,
          status,
          message,
          compiled,
          relation_name,
        ])
        .sort();
    expect(rows(read('ours', 'run_results.json'))).toEqual(rows(read('theirs', 'run_results.json')));
    expect((read('ours', 'run_results.json')['args'] as Json)['which']).toBe('generate');
  });

  it('gives the same graph', async () => {
    await generate({});
    const known = new Set(
      Object.values(read('ours', 'graph_summary.json')['linked'] as Json).map((one) => (one as Json)['name']),
    );
    expect(edges(read('ours', 'graph_summary.json'), known)).toEqual(
      edges(read('theirs', 'graph_summary.json'), known),
    );
    expect(known.size).toBeGreaterThan(20);
  });

  it('writes artifacts that dbt’s own classes and schemas accept', async () => {
    await generate({});
    expect(
      await dbtReads(
        ['manifest', 'catalog', 'run_results'].map((name) => join(folder, `ours/target/${name}.json`)),
      ),
    ).toEqual([]);
  });

  it('leaves out what isn’t built, as dbt does', async () => {
    const copy = join(folder, 'unbuilt');
    cpSync(join(import.meta.dirname, 'docs-project'), copy, { recursive: true });
    await dbt(copy, '--quiet', 'docs', 'generate');
    const wanted = readFileSync(join(copy, 'target/catalog.json'), 'utf8');
    rmSync(join(copy, 'harbour.duckdb'), { force: true });
    const { errors, catalogPath } = await docsGenerate({ projectDir: copy, env: {} });
    expect(errors).toEqual([]);
    const got = JSON.parse(readFileSync(catalogPath!, 'utf8')) as Json;
    expect([got['nodes'], got['sources'], got['errors']]).toEqual([{}, {}, null]);
    expect(JSON.parse(wanted)).toMatchObject({ nodes: {}, sources: {}, errors: null });
  });

  it('writes no catalog when a node can’t be compiled', async () => {
    const copy = join(folder, 'broken');
    cpSync(join(import.meta.dirname, 'docs-project'), copy, { recursive: true });
    writeFileSync(
      join(copy, 'models/bad.sql'),
      "select {{ exceptions.raise_compiler_error('no') if execute }}",
    );
    await expect(dbt(copy, '--quiet', 'docs', 'generate')).rejects.toThrow();
    expect(existsSync(join(copy, 'target/catalog.json'))).toBe(false);
    const { results, catalogPath } = await docsGenerate({ projectDir: copy, env: {} });
    expect(catalogPath).toBeUndefined();
    const bad = results.filter(({ status }) => status === 'error').map(({ uniqueId }) => uniqueId);
    expect(bad).toEqual(['model.harbour.bad']);
  });
});

/** Edges by name, of what both know. */
function edges(summary: Json, known: ReadonlySet<unknown>): string[] {
  const linked = summary['linked'] as Record<string, { name: string; type: string; succ?: number[] }>;
  return Object.values(linked)
    .filter(({ name }) => known.has(name))
    .flatMap(({ name, type, succ }) => [
      `${name} ${type}`,
      ...(succ ?? [])
        .map((number) => linked[String(number)]!.name)
        .filter((other) => known.has(other))
        .map((other) => `${name} > ${other}`),
    ])
    .sort();
}
