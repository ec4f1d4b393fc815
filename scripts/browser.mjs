/**
 * Installs the browser that tests look at pages with, into `.cache/browser`: Chromium as npm's registry
 * ships it, for Linux on x64. Nothing of Boathouse needs it; tests skip without, saying so. Another
 * Chromium is named by BOATHOUSE_BROWSER.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const wanted = '@sparticuz/chromium@153.0.0';
const folder = resolve(import.meta.dirname, '../.cache/browser');
const mark = join(folder, 'installed.txt');

if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
  console.log(`browser: already in ${folder}`);
} else if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('browser: only Linux on x64 has one to install; name yours with BOATHOUSE_BROWSER');
} else {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  const result = spawnSync('npm', ['install', ...flags, wanted], { cwd: folder, stdio: 'inherit' });
  if (result.status !== 0) {
    console.error('browser: npm could not install it');
    process.exit(1);
  }
  writeFileSync(mark, wanted);
  console.log(`browser: installed into ${folder}`);
}
