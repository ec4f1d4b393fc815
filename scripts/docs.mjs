/**
 * Writes the generated pages: docs/reference/errors.md (every error code), docs/reference/commands.md
 * (every command's --help) and the layer diagram in docs/ARCHITECTURE.md. `--check` writes nothing and
 * fails when one is out of date. Reads `dist/`, so build first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const layers = JSON.parse(readFileSync(join(root, 'src/layers.json'), 'utf8'));
async function main() {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (built.status !== 0) return 1;

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
  return stale === 0 ? 0 : 1;
}

/** The sources that declare errors, put together: `dist/` has only what commands load. */
async function everyLayersErrors() {
  // A layer may declare errors in more than one place: each `errors.ts` adds its own.
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).sort();
  const contents = [
    // As exports, because the package says that importing alone has no effect: it would be left out.
    ...files
      .filter((file) => file.endsWith('errors.ts'))
      .map((file, i) => `export * as layer${i} from './src/${file}';`),
    `export { declaredErrors } from './src/base/index.ts';`,
  ].join('\n');
  const result = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return await import(`data:text/javascript,${encodeURIComponent(result.outputFiles[0].text)}`);
}

async function errorPage() {
  const { declaredErrors } = await everyLayersErrors();
  const lines = [
    '# Errors',
    '',
    'Every error has a code that never changes its meaning. `exit` is the exit code of the command that',
    'meets it; for a node of a run it is 1 whatever the code. `SQLSTATE` and `HTTP` are what clients of a',
    'server are to see; the library gives them as `error.sqlState` and `error.httpStatus`. `again` says whether',
    'the same call may succeed later, unchanged. Words in `<angle brackets>` stand for the details of the case.',
    '',
  ];
  const byLayer = group([...declaredErrors()]);
  for (const layer of Object.keys(layers)) {
    const entries = byLayer.get(layer);
    if (!entries && layer !== 'base' && existsSync(join(root, 'src', layer, 'errors.ts'))) {
      throw new Error(`no error of ${layer} was found, though it has an errors.ts`);
    }
    if (!entries) continue;
    lines.push(
      `## ${layer}`,
      '',
      '| code | says | what to do | exit | SQLSTATE | HTTP | again |',
      '|---|---|---|---|---|---|---|',
    );
    for (const [code, kind] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const message = wordings(kind.message).join('<br>');
      const hint = kind.hint ? wordings(kind.hint).join('<br>') : '';
      lines.push(
        `| \`${code}\` | ${message} | ${hint} | ${kind.exitCode ?? 2} | ${kind.sqlState ?? 'XX000'} | ${kind.httpStatus ?? 500} | ${kind.retryable ? 'yes' : ''} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

/**
 * What a message or hint says when every detail is its own name in angle brackets. A detail that is a
 * switch rather than something to show (it is never printed) is tried both ways.
 */
function wordings(speak) {
  const seen = new Details();
  const texts = [seen.said(speak)];
  for (const name of seen.switches(texts[0])) texts.push(new Details(name).said(speak));
  return [...new Set(texts.filter((text) => text !== ''))];
}

/** Details that answer to anything with their own names, and know which of them were looked at. */
class Details {
  #looked = new Set();
  #numbers = new Map();
  #off;

  /** @param off the name of a detail that is false. */
  constructor(off) {
    this.#off = off;
  }

  /** The text, as it may stand in a table. */
  said(speak) {
    const details = new Proxy(
      {},
      {
        get: (_target, key) => {
          if (typeof key === 'symbol') return undefined;
          this.#looked.add(key);
          return key === this.#off ? false : this.#standIn(key);
        },
      },
    );
    let text = String(speak(details) ?? '');
    // A number that was computed with: waited seconds from `waitedMs`.
    for (const [number, name] of this.#numbers) {
      text = text.replaceAll(
        new RegExp(`${number}(?:000)?(?:\\.\\d+)?`, 'g'),
        `<${name.replace(/Ms$/, '')}>`,
      );
    }
    if (/NaN|undefined|\[object/.test(text)) throw new Error(`an error reads badly in the page: ${text}`);
    // Unescaped, a page on the web would take `<node>` for a tag and show nothing.
    return text
      .trim()
      .replace(/\s*\n\s*/g, ' ')
      .replaceAll('|', '\\|')
      .replaceAll('<', '\\<');
  }

  /** Details that decided something and weren't shown in `text`. */
  switches(text) {
    return [...this.#looked].filter((name) => !text.includes(`<${name.replace(/Ms$/, '')}>`));
  }

  #standIn(name) {
    const shown = `<${name}>`;
    const same = this.#standIn.bind(this, name);
    const list = () => [same()];
    return new Proxy(() => shown, {
      get: (_target, key) => {
        if (key === Symbol.toPrimitive) return (wanted) => (wanted === 'number' ? this.#number(name) : shown);
        if (key === 'toString' || key === 'valueOf') return () => shown;
        if (key === Symbol.iterator) return () => list()[Symbol.iterator]();
        if (typeof key === 'symbol') return undefined;
        if (key === 'length' || key === 'size') return 1;
        if (['join', 'toLocaleString', 'toFixed'].includes(key)) return () => shown;
        if (['split', 'map', 'filter', 'slice', 'sort', 'toSorted'].includes(key)) return list;
        return () => same();
      },
    });
  }

  #number(name) {
    const number = 7_654_321 + this.#numbers.size;
    this.#numbers.set(number, name);
    return number * 1000;
  }
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
  const namesIn = (text) => {
    const at = text.indexOf('\nCommands:');
    const list = at < 0 ? '' : text.slice(at).split('\nOptions:')[0];
    return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
      .map((match) => match[1])
      .filter((name) => name !== 'help');
  };
  const parts = ['# Commands', '', 'What `--help` prints.', '', '## boathouse', '', '```', top, '```', ''];
  for (const name of namesIn(top)) {
    const text = help(name);
    parts.push(`## ${name}`, '', '```', text, '```', '');
    for (const verb of namesIn(text)) {
      parts.push(`### ${name} ${verb}`, '', '```', help(name, verb), '```', '');
    }
  }
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

// Last, because classes exist only from their declaration on.
process.exit(await main());
