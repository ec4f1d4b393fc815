/** The documentation site in a real browser: from a folder and from a server, by mouse and by keyboard. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/compiler/index.ts';
import { sitePage } from '../../src/workflows/docs/site-page.ts';
import { build, docsGenerate, docsServe } from '../../src/workflows/index.ts';
import { complaints, noBrowser, startBrowser } from '../browser.ts';

const root = resolve(import.meta.dirname, '../..');

describe.skipIf(noBrowser !== '')(`the documentation site${noBrowser && ` (skipped: ${noBrowser})`}`, () => {
  let folder = '';
  let site = '';
  let browser: Browser;
  let said: readonly string[] = [];
  let page: Page | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-site-'));
    const project = join(folder, 'project');
    cpSync(join(root, 'conformance/dbt/docs-project'), project, { recursive: true });
    mkdirSync(join(project, 'ext'));
    await build({ projectDir: project, env: {} });
    const { sitePath } = await docsGenerate({ projectDir: project, env: {} });
    // Out of the project: it needs nothing beside it.
    site = join(folder, 'alone.html');
    writeFileSync(site, readFileSync(sitePath!));
    browser = await startBrowser();
  });

  afterEach(async () => {
    await page?.close();
    page = undefined;
    expect(said).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    hash: string,
    options: { width?: number; dark?: boolean; file?: string } = {},
  ): Promise<Page> {
    page = await browser.newPage({
      viewport: { width: options.width ?? 1280, height: 800 },
      colorScheme: options.dark === true ? 'dark' : 'light',
    });
    said = complaints(page);
    await page.goto(`${pathToFileURL(options.file ?? site).href}${hash}`);
    await page.waitForSelector('main article, main .graph-page');
    return page;
  }

  it('shows the overview, and runs nothing that stands in a description', async () => {
    const page = await open('#/');
    expect(await page.title()).toBe('harbour');
    expect(await words(page, 'main h1')).toBe('The harbour');
    expect(await words(page, '.counts')).toMatch(/9 models/);
    expect(await page.innerHTML('main')).not.toMatch(/<script|onerror|onclick="/);
    // A link in dbt's way leads to the page here.
    await page.click('main .prose a');
    await page.waitForSelector('.node-head');
    expect(await words(page, 'main h1')).toMatch(/^fees/);
    for (const id of ['model.harbour.stg_ships', 'seed.harbour.ships']) {
      await page.goto(`${pathToFileURL(site).href}#/node/${id}`);
      await page.waitForSelector('.node-head');
    }
    expect(await page.evaluate('window.harmed')).toBeUndefined();
  });

  it('shows a model with its columns, tests, constraints, code and neighbours', async () => {
    const page = await open('#/node/model.harbour.fees');
    const columns = await page.locator('#columns').locator('xpath=..').locator('tbody tr').allInnerTexts();
    expect(columns.map((row) => row.replace(/\s+/g, ' ').trim())).toEqual([
      'ship_id key BIGINT which ship not null from stg_ships · ship_id',
      'fee DECIMAL(18,2) all of it, in € from stg_calls · fee not_null',
      'arrivals TIMESTAMP[] from stg_calls · arrived_at',
      'parts STRUCT(a INTEGER, b VARCHAR)',
    ]);
    expect(await words(page, '.facts')).toMatch(/"harbour"\."main"\."fees"[\s\S]*treasury/);
    expect(await words(page, 'article')).toMatch(/check fee > 0/);
    expect(await words(page, '.code .text')).toContain("{{ ref('stg_ships') }}");
    await page.click('text=Compiled');
    expect(await words(page, '.code .text')).toContain('"harbour"."main"."stg_ships"');
    expect(await page.locator('.graph .node').count()).toBe(7);
    expect(await words(page, '.tree [aria-current=page]')).toBe('fees');
  });

  it.each([
    ['a name', 'stg_sh', 'stg_ships'],
    ['a column', 'parts', 'fees'],
    ['a tag', 'mart', 'big_ships.v1'],
    ['a word of a description', 'painted', 'ships'],
    ['code', 'least_fee()', 'eph_calls'],
  ])('finds things by %s, from the keyboard', async (_, typed, found) => {
    const page = await open('#/');
    await page.keyboard.press('/');
    await page.keyboard.type(typed);
    await page.waitForSelector('.results [role=option]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.node-head');
    expect(await page.locator('main h1').evaluate((h1) => h1.firstChild?.textContent)).toBe(found);
  });

  it('shows the lineage of a selection, in the project’s colours', async () => {
    const page = await open('#/graph?select=%2Bfees');
    const names = await page.locator('.node text').allTextContents();
    expect(names.sort()).toEqual(['eph_calls', 'fees', 'files.calls', 'ships', 'stg_calls', 'stg_ships']);
    const color = (id: string): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('[data-id="${id}"] .mark')).fill`);
    expect(await color('model.harbour.stg_ships')).toBe('rgb(122, 92, 192)');
    expect(await color('model.harbour.fees')).not.toBe('rgb(122, 92, 192)');
    await page.fill('[name=select]', 'resource_type:source');
    await page.fill('[name=exclude]', 'source:files');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.node').count()).toBe(2);
    await page.fill('[name=exclude]', '');
    await page.fill('[name=select]', 'nothing_like_it');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Nothing is selected.');
  });

  it('shows where a node belongs when it is clicked, and moves by mouse and by keys', async () => {
    const page = await open('#/graph');
    await page.waitForSelector('[data-id="model.harbour.stg_calls"]');
    const place = (): Promise<string | null> => page.locator('.canvas > g').getAttribute('transform');
    await page.click('[data-id="model.harbour.stg_calls"]');
    await page.waitForSelector('.node.picked');
    expect(await page.locator('[data-id="model.harbour.fees"]').getAttribute('class')).not.toContain('faded');
    expect(await page.locator('[data-id="model.harbour.stg_ships"]').getAttribute('class')).toContain(
      'faded',
    );
    const before = await place();
    await page.mouse.move(400, 600);
    await page.mouse.down();
    await page.mouse.move(460, 640, { steps: 4 });
    await page.mouse.up();
    await page.waitForTimeout(50);
    const dragged = await place();
    expect(dragged).not.toBe(before);
    await page.mouse.wheel(0, -200);
    await page.focus('.graph');
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowLeft');
    await page.waitForTimeout(50);
    expect(await place()).not.toBe(dragged);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.faded').count()).toBe(0);
    await page.focus('[data-id="model.harbour.fees"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.node-head');
  });

  it('walks the trees by keyboard, by project and by database', async () => {
    const page = await open('#/');
    await page.focus('.tree summary >> nth=0');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('longest');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('analyses');
    await page.click('.side >> text=Database');
    expect(await words(page, '.tree')).toMatch(/harbour[\s\S]*main/);
    await page.click('.tree >> text=main >> nth=0');
    await page.click('.tree >> text=Call_Log');
    await page.waitForSelector('.node-head');
    expect(await words(page, 'main h1')).toMatch(/^call_log/);
  });

  it('is dark where the system is, and where one asks', async () => {
    const page = await open('#/', { dark: true });
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await ground();
    await page.click('.theme');
    expect(await ground()).toBe('rgb(255, 255, 255)');
    await page.reload();
    await page.waitForSelector('main article');
    expect(await ground()).toBe('rgb(255, 255, 255)');
    await page.keyboard.press('t');
    expect(await ground()).toBe(dark);
    expect(dark).not.toBe('rgb(255, 255, 255)');
  });

  it.each([
    '#/',
    '#/graph',
    '#/list/test',
    '#/node/model.harbour.fees',
    '#/node/exposure.harbour.wall_board',
  ])('fits a telephone: %s', async (hash) => {
    const page = await open(hash, { width: 360 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await page.evaluate("document.querySelector('main').scrollWidth <= 360")).toBe(true);
    expect(await page.locator('.side').isVisible()).toBe(false);
    await page.click('.menu');
    await page.waitForSelector('.side', { state: 'visible' });
    await page.keyboard.press('Escape');
    await page.waitForSelector('.side', { state: 'hidden' });
  });

  it('says so when a page isn’t there', async () => {
    const page = await open('#/node/model.harbour.gone');
    expect(await words(page, 'main')).toMatch(/Not here[\s\S]*model\.harbour\.gone/);
  });

  it('is served, and nothing else of the target folder is', async () => {
    const server = await docsServe({ projectDir: join(folder, 'project'), env: {}, port: 0 });
    try {
      page = await browser.newPage();
      said = complaints(page);
      await page.goto(server.url);
      await page.waitForSelector('main article');
      const status = async (path: string, method = 'GET'): Promise<number> =>
        (await fetch(`${server.url}${path}`, { method })).status;
      expect(await status('/catalog.json')).toBe(200);
      expect(await status('/manifest.json', 'HEAD')).toBe(200);
      for (const path of [
        '/..%2fdbt_project.yml',
        '/%2e%2e/profiles.yml',
        '/.hidden',
        '/compiled',
        '/%00',
        '/%zz',
      ]) {
        expect([path, await status(path)]).toEqual([path, 404]);
      }
      expect(await status('/', 'POST')).toBe(405);
      await expect(
        docsServe({ projectDir: join(folder, 'project'), env: {}, port: server.port }),
      ).rejects.toMatchObject({
        code: 'workflows.cannot-listen',
      });
    } finally {
      await server.close();
    }
  });

  it('stays usable with 5,000 models', async () => {
    const file = join(folder, 'big.html');
    writeFileSync(
      file,
      await sitePage(wide(5000), { metadata: { generated_at: '' }, nodes: {}, sources: {} }),
    );
    const begun = Date.now();
    const page = await open('#/graph', { file });
    await page.waitForSelector('.node');
    // Only what is in sight is drawn.
    expect(await page.locator('.node').count()).toBeLessThan(400);
    expect(await words(page, '.graph-form .count')).toBe('5000 of 5000');
    await page.keyboard.press('/');
    await page.keyboard.type('model_4321');
    await page.waitForSelector('.results >> text=model_4321');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.node-head');
    // Seconds, on whatever machine this is: a slow way to do any of it takes minutes.
    expect(Date.now() - begun).toBeLessThan(30_000);
  });
});

/** What a person reads of the first element of `selector`. */
async function words(page: Page, selector: string): Promise<string> {
  return String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`));
}

/** A project of `count` models in ten layers. */
function wide(count: number): Manifest {
  const layer = count / 10;
  const nodes = Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const id = `model.wide.model_${i}`;
      const above =
        i < layer ? [] : [0, 7, 13].map((step) => i - layer - ((i * step) % layer) + ((i + step) % layer));
      const parents = above.filter((n) => n >= 0 && n < i - (i % layer)).map((n) => `model.wide.model_${n}`);
      const config = { materialized: 'view', meta: {} };
      const node = {
        unique_id: id,
        name: `model_${i}`,
        resource_type: 'model',
        package_name: 'wide',
        language: 'sql',
        alias: `model_${i}`,
        original_file_path: `models/layer_${Math.floor(i / layer)}/model_${i}.sql`,
        description: `Number *${i}*`,
        database: 'wide',
        schema: 'main',
        relation_name: `"wide"."main"."model_${i}"`,
        raw_code: `select ${i} as id`,
        tags: [],
        meta: {},
        columns: {},
        config,
        depends_on: { nodes: parents, macros: [] },
        contract: { enforced: false },
        constraints: [],
        docs: { show: true },
      };
      return [id, node];
    }),
  );
  const empty = {
    sources: {},
    macros: {},
    docs: {},
    exposures: {},
    metrics: {},
    groups: {},
    saved_queries: {},
  };
  const rest = { ...empty, semantic_models: {}, unit_tests: {}, functions: {} };
  return {
    metadata: { project_name: 'wide', adapter_type: 'duckdb' },
    nodes,
    ...rest,
  } as unknown as Manifest;
}
