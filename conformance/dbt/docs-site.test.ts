/** dbt's own documentation site, in a real browser, over the artifacts that we write. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build, type DocsServer, docsGenerate, docsServe } from '../../src/workflows/index.ts';
import { complaints, noBrowser, startBrowser } from '../../test/browser.ts';
import { noDbt } from './dbt.ts';

const skip = noDbt || noBrowser;

describe.skipIf(skip !== '')(`dbt’s documentation site${skip && ` (skipped: ${skip})`}`, () => {
  let folder = '';
  let browser: Browser | undefined;
  let server: DocsServer | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-dbt-site-'));
    cpSync(join(import.meta.dirname, 'docs-project'), folder, { recursive: true });
    mkdirSync(join(folder, 'ext'));
    await build({ projectDir: folder, env: {} });
    await docsGenerate({ projectDir: folder, env: {} });
    cpSync(theirPage(), join(folder, 'target/index.html'));
    server = await docsServe({ projectDir: folder, env: {}, port: 0 });
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['the overview', '#!/overview', ['The harbour']],
    ['a model', '#!/model/model.harbour.fees', ['Fees by ship', 'DECIMAL(18,2)', 'which ship', 'stg_ships']],
    ['a source', '#!/source/source.harbour.registry.ships', ['Loaded from a file', 'VARCHAR']],
    ['an exposure', '#!/exposure/exposure.harbour.wall_board', ['What everybody sees']],
    ['a macro', '#!/macro/macro.harbour.least_fee', ['What counts as a fee']],
    ['a snapshot', '#!/snapshot/snapshot.harbour.ship_history', ['Ships as they were', 'dbt_scd_id']],
  ])('shows %s', async (_, hash, wanted) => {
    const page = await browser!.newPage();
    const said = complaints(page);
    try {
      await page.goto(`${server!.url}/${hash}`);
      for (const text of wanted)
        await page.waitForSelector(`.app-content >> text=${text}`, { state: 'attached' });
      expect(said).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

/** The page that dbt-core brings. */
function theirPage(): string {
  const lib = join(process.env['BOATHOUSE_PEERS_BIN'] ?? '', '../lib');
  const python = readdirSync(lib).find((name) => name.startsWith('python')) ?? '';
  return join(lib, python, 'site-packages/dbt/task/docs/index.html');
}
