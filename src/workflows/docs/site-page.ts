/** The documentation site as one file: the page that was built from `site/`, with a project's data inside. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { secrets } from '../../base/index.ts';
import type { Manifest, Plain } from '../../compiler/index.ts';
import { workflowErrors } from '../errors.ts';
import { siteData } from './site-data.ts';

/** Where the data goes in the built page. */
const dataMark = '<!--boathouse-data-->';

/**
 * The page, secrets masked. It loads nothing from anywhere, so it works from a folder as it does from a
 * server. The data is compressed: five thousand models with their code are a few megabytes, and no text
 * of a project can end the element that it is in.
 *
 * @param readme the project's own; empty where there is none.
 * @throws workflows.site-missing where the package was built without its page
 */
export async function sitePage(manifest: Manifest, catalog: Plain, readme = ''): Promise<string> {
  const page = builtPage();
  const text = secrets.scrub(JSON.stringify(siteData(manifest, catalog, readme)));
  const packed = (await promisify(gzip)(text)).toString('base64');
  const [before, after] = page.split(dataMark);
  return `${before}<script type="application/octet-stream" id="boathouse-data">${packed}</script>${after}`;
}

/** The page beside the code that runs, or in `dist/` where the sources run. @throws workflows.site-missing */
function builtPage(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      const page = readFileSync(join(folder, 'dist/site/index.html'), 'utf8');
      if (page.includes(dataMark)) return page;
    } catch {
      // Another folder above may be the package's.
    }
    const parent = dirname(folder);
    if (parent === folder) throw workflowErrors['site-missing']({});
    folder = parent;
  }
}
