/** A real browser for tests of pages: the one that `node scripts/browser.mjs` installs, or BOATHOUSE_BROWSER. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const root = resolve(import.meta.dirname, '..');
const installed = join(root, '.cache/browser/node_modules/@sparticuz/chromium/build/index.js');

/** Where the browser is, installing it where that is possible; else why there is none. */
export const browserProgram: { readonly path: string } | { readonly missing: string } = await find();

/** Why pages can't be looked at here; empty when they can. */
export const noBrowser: string = 'missing' in browserProgram ? browserProgram.missing : '';

async function find(): Promise<{ path: string } | { missing: string }> {
  const named = process.env['BOATHOUSE_BROWSER'];
  if (named !== undefined && named !== '') return { path: named };
  if (!existsSync(installed)) {
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/browser.mjs')], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (!existsSync(installed))
      return { missing: `${stdout}${stderr}`.trim().split('\n').at(-1) ?? 'no browser' };
  }
  try {
    const module = (await import(pathToFileURL(installed).href)) as {
      readonly default: { executablePath(): Promise<string> };
    };
    return { path: await module.default.executablePath() };
  } catch (error) {
    return { missing: `the browser can't be unpacked: ${String(error)}` };
  }
}

/** Starts it. The caller closes it. */
export async function startBrowser(): Promise<Browser> {
  if ('missing' in browserProgram) throw new Error(browserProgram.missing);
  return await chromium.launch({
    executablePath: browserProgram.path,
    // A test has pages of its own alone, and a container often has no namespaces to put them in.
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
}

/** What a page complained of since it was opened: uncaught errors, refusals of its security policy; not pictures that aren't there. */
export function complaints(page: Page): readonly string[] {
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      said.push(message.text());
  });
  return said;
}
