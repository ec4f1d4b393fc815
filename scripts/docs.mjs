/**
 * Writes the generated pages: docs/reference/errors.md (every error code), docs/reference/commands.md
 * (every command's --help) and the layer diagram in docs/ARCHITECTURE.md. `--check` writes nothing and
 * fails when one is out of date. Reads `dist/`, so build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const layers = JSON.parse(readFileSync(join(root, 'src/layers.json'), 'utf8'));
const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (built.status !== 0) process.exit(1);

const pages = {
  'docs/reference/errors.md': await errorPage(),
  'docs/reference/commands.md': commandPage(),
  'docs/ARCHITECTURE.md': withDiagram(readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8')),
};
let stale = 0;
for (const [path, text] of Object.entries(pages)) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path} is out of date: run \`npm run docs\``);
    stale += 1;
  } else {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
process.exit(stale === 0 ? 0 : 1);

async function errorPage() {
  for (const layer of Object.keys(layers)) {
    const file = join(dist, layer, 'errors.js');
    if (existsSync(file)) await import(pathToFileURL(file).href);
  }
  const { declaredErrors } = await import(pathToFileURL(join(dist, 'base/index.js')).href);
  const lines = [
    '# Errors',
    '',
    'Every error has a code that never changes its meaning. `exit` is the exit code of the command that',
    'meets it, `SQLSTATE` and `HTTP` what a client of a server sees, and `retry` says whether the same call',
    'may succeed later, unchanged. Words in `<angle brackets>` stand for the details of the case.',
    '',
  ];
  const byLayer = Map.groupBy
    ? Map.groupBy([...declaredErrors()], ([code]) => code.split('.')[0])
    : group([...declaredErrors()]);
  for (const layer of Object.keys(layers)) {
    const entries = byLayer.get(layer);
    if (!entries) continue;
    lines.push(
      `## ${layer}`,
      '',
      '| code | says | what to do | exit | SQLSTATE | HTTP | retry |',
      '|---|---|---|---|---|---|---|',
    );
    for (const [code, kind] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const message = said(kind.message);
      const hint = kind.hint ? said(kind.hint) : '';
      lines.push(
        `| \`${code}\` | ${message} | ${hint} | ${kind.exitCode ?? 2} | ${kind.sqlState ?? 'XX000'} | ${kind.httpStatus ?? 500} | ${kind.retryable ? 'yes' : ''} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** What a message or hint says when every detail is its own name in angle brackets. */
function said(speak) {
  const text = (() => {
    try {
      return speak(standIn('')) ?? '';
    } catch {
      return '';
    }
  })();
  return String(text).replaceAll('\n', ' ').replaceAll('|', '\\|').trim();
}

/** A value that answers to anything with its own name. */
function standIn(name) {
  const shown = `<${name}>`;
  return new Proxy(() => shown, {
    get: (_target, key) => {
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'valueOf') return () => shown;
      if (key === Symbol.iterator) return [][Symbol.iterator].bind([shown]);
      if (key === 'join' || key === 'toLocaleString' || key === 'toFixed' || key === 'trim')
        return () => shown;
      if (key === 'map' || key === 'filter' || key === 'slice' || key === 'sort') return () => [shown];
      if (key === 'length' || key === 'size') return 1;
      if (typeof key === 'symbol') return undefined;
      return standIn(key);
    },
    apply: () => shown,
  });
}

function group(entries) {
  const map = new Map();
  for (const entry of entries) {
    const layer = entry[0].split('.')[0];
    map.set(layer, [...(map.get(layer) ?? []), entry]);
  }
  return map;
}

function commandPage() {
  const help = (...args) => {
    const result = spawnSync(process.execPath, [join(dist, 'cli/main.js'), ...args, '--help'], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '100' },
    });
    return result.stdout.trimEnd();
  };
  const top = help();
  const names = [...top.slice(top.indexOf('Commands:')).matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map((match) => match[1])
    .filter((name) => name !== 'help');
  const parts = ['# Commands', '', 'What `--help` prints.', '', '## boathouse', '', '```', top, '```', ''];
  for (const name of names) parts.push(`## ${name}`, '', '```', help(name), '```', '');
  return parts.join('\n');
}

function withDiagram(text) {
  const begin = '<!-- layers: generated by npm run docs -->';
  const end = '<!-- end of layers -->';
  const rows = Object.entries(layers).map(
    ([layer, uses]) => `| \`${layer}\` | ${uses.map((use) => `\`${use}\``).join(', ')} |`,
  );
  const table = ['| layer | may import |', '|---|---|', ...rows.reverse()].join('\n');
  const start = text.indexOf(begin);
  const stop = text.indexOf(end);
  if (start < 0 || stop < 0) throw new Error('docs/ARCHITECTURE.md has lost its layer marks');
  return `${text.slice(0, start + begin.length)}\n${table}\n${text.slice(stop)}`;
}
