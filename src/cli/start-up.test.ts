/** What the command loads before it knows what to do: start-up time is a promise. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '..');
const main = resolve(import.meta.dirname, '../../dist/cli/main.js');

/** Files reached from `file` by imports that run at once; `import()` and types don't. */
function reached(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'|^import '([^']+)'/gm)) {
    const name = match[1] ?? match[2] ?? '';
    const names = /\{([^}]*)\}/.exec(match[0])?.[1];
    const onlyTypes = names
      ?.split(',')
      .every((part) => part.trim() === '' || part.trim().startsWith('type '));
    if (onlyTypes) continue;
    if (name.startsWith('.')) reached(resolve(dirname(file), name), seen);
    else seen.add(name);
  }
  return seen;
}

/** The sources that a built file is made of: a comment names each. */
function sourcesIn(text: string): string[] {
  return [...text.matchAll(/^\/\/ (src\/\S+)$/gm)].map((match) => match[1] ?? '');
}

describe('starting up', () => {
  it('imports neither a workflow nor an engine before a command runs', () => {
    const files = [...reached(join(source, 'cli/run-cli.ts'))];
    const layers = new Set(
      files.filter((f) => f.startsWith(source)).map((f) => f.slice(source.length + 1).split('/')[0]),
    );
    expect([...layers].sort()).toEqual(['base', 'cli']);
    expect(files.filter((f) => !f.startsWith(source) && !f.startsWith('node:')).sort()).toEqual([
      'commander',
      'picocolors',
    ]);
  });

  it.skipIf(!existsSync(main)).each([['--version'], ['--help'], ['build', '--help']])(
    'loads no DuckDB and no compiler for %s %s',
    (...args) => {
      const { urls, sources } = loadedBy(args.filter((arg) => arg !== undefined));
      expect(urls.some((url) => url.endsWith('/cli/main.js'))).toBe(true);
      expect(urls.filter((url) => /duckdb|apache-arrow|node_modules\/yaml/.test(url))).toEqual([]);
      expect(sources).toContain('src/cli/run-cli.ts');
      expect([...new Set(sources.map((source) => source.split('/')[1]))].sort()).toEqual(['base', 'cli']);
    },
  );

  it.skipIf(!existsSync(main))(
    'loads no templates and no YAML to parse a project that has not changed',
    () => {
      const project = mkdtempSync(join(tmpdir(), 'boathouse-start-'));
      try {
        writeFileSync(join(project, 'dbt_project.yml'), 'name: shop\nprofile: shop\n');
        writeFileSync(
          join(project, 'profiles.yml'),
          'shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: lake.duckdb\n',
        );
        const args = ['parse', '--project-dir', project, '--profiles-dir', project];
        const first = loadedBy(args);
        expect(first.sources).toContain('src/jinja/template.ts');
        const again = loadedBy(args);
        expect(again.sources).toContain('src/compiler/parse-again.ts');
        expect(
          again.sources.filter((source) => /src\/(jinja|duckdb|targets)\/|plain-yaml/.test(source)),
        ).toEqual([]);
      } finally {
        rmSync(project, { recursive: true, force: true });
      }
    },
  );
});

/** The modules that the built command loads for `args`, and the sources that ours are made of. */
function loadedBy(args: readonly string[]): { readonly urls: string[]; readonly sources: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-start-'));
  try {
    const hooks = join(folder, 'hooks.mjs');
    writeFileSync(
      hooks,
      `import { appendFileSync } from 'node:fs';
       export async function load(url, context, next) { appendFileSync(${JSON.stringify(join(folder, 'loaded'))}, url + '\\n'); return next(url, context); }`,
    );
    const register = join(folder, 'register.mjs');
    writeFileSync(
      register,
      `import { register } from 'node:module'; register(${JSON.stringify(`file://${hooks}`)});`,
    );
    const run = spawnSync(process.execPath, ['--import', register, main, ...args], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    const urls = readFileSync(join(folder, 'loaded'), 'utf8').trim().split('\n');
    const built = urls.filter((url) => url.startsWith('file:') && url.includes('/dist/'));
    return { urls, sources: built.flatMap((url) => sourcesIn(readFileSync(fileURLToPath(url), 'utf8'))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
