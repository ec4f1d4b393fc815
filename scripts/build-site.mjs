/**
 * The documentation site's page, `dist/site/index.html`: script and style inside, and a mark where
 * `docs generate` puts a project's data. The page may run this one script and nothing else: its hash
 * stands in the page's own content security policy.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A page past this is a mistake: something was bundled that wasn't meant. */
const bytesMax = 400_000;

/** The page of the sources in `folder`. */
export async function buildSite(folder) {
  const { text: script, packages } = await bundled({
    entryPoints: [join(folder, 'main.ts')],
    bundle: true,
    format: 'iife',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    minify: true,
    legalComments: 'none',
  });
  const { text: style } = await bundled({ entryPoints: [join(folder, 'style.css')], minify: true });
  const hash = createHash('sha256').update(script).digest('base64');
  const parts = {
    '%SCRIPT_HASH%': `'sha256-${hash}'`,
    '<!--style-->': `<style>${style}</style>`,
    '<!--script-->': `<script>${script}</script>\n${licenses(packages)}`,
  };
  const page = readFileSync(join(folder, 'index.html'), 'utf8').replace(
    /%SCRIPT_HASH%|<!--style-->|<!--script-->/g,
    (mark) => parts[mark],
  );
  if (page.length > bytesMax) throw new Error(`the site's page has ${page.length} bytes, over ${bytesMax}`);
  return page;
}

/** What is bundled, and the packages that it comes from. */
async function bundled(options) {
  const result = await build({ ...options, write: false, metafile: true, logLevel: 'warning' });
  const folders = Object.keys(result.metafile.inputs).map(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1],
  );
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  return { text: result.outputFiles[0].text.trim(), packages };
}

/** The licences of what is inside, as a comment: whoever hands a page on hands on their code. */
function licenses(packages) {
  const texts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const title = `${name} ${version}, ${license}`;
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
    // Apache's text is known by its name; the others ask to be repeated.
    const isLong = file === undefined || license.includes('Apache-2.0');
    return isLong ? title : `${title}\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
  });
  const text = texts.join('\n\n').replaceAll(/-{2,}/g, (dashes) => Array.from(dashes).join(' '));
  return `<!--\nThis page has code of:\n\n${text}\n-->`;
}
