/**
 * The documentation site's page, `dist/site/index.html`: script and style inside, and a mark where
 * `docs generate` puts a project's data. The page may run this one script and nothing else: its hash
 * stands in the page's own content security policy.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A page past this is a mistake: something was bundled that wasn't meant. */
const bytesMax = 400_000;

/** The page of the sources in `folder`. */
export async function buildSite(folder) {
  const script = await bundled({
    entryPoints: [join(folder, 'main.ts')],
    bundle: true,
    format: 'iife',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    minify: true,
    legalComments: 'none',
  });
  const style = await bundled({ entryPoints: [join(folder, 'style.css')], minify: true });
  const hash = createHash('sha256').update(script).digest('base64');
  const parts = {
    '%SCRIPT_HASH%': `'sha256-${hash}'`,
    '<!--style-->': `<style>${style}</style>`,
    '<!--script-->': `<script>${script}</script>`,
  };
  const page = readFileSync(join(folder, 'index.html'), 'utf8').replace(
    /%SCRIPT_HASH%|<!--style-->|<!--script-->/g,
    (mark) => parts[mark],
  );
  if (page.length > bytesMax) throw new Error(`the site's page has ${page.length} bytes, over ${bytesMax}`);
  return page;
}

async function bundled(options) {
  const result = await build({ ...options, write: false, logLevel: 'warning' });
  return result.outputFiles[0].text.trim();
}
