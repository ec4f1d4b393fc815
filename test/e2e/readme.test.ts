/** The README and the guides, followed to the letter with the packed package: they do what they say. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingLine, readSteps, type Step } from './documented.ts';
import { InstalledPackage } from './installed.ts';

const root = resolve(import.meta.dirname, '../..');
const guide = join(root, 'docs/guide');
const followed = ['README.md', ...markdownBelow(guide).map((file) => relative(root, file))];
const pages = followed.map((page) => ({ page, steps: readSteps(readFileSync(join(root, page), 'utf8')) }));

describe.skipIf(process.platform === 'win32')('a reader who follows (needs a POSIX shell)', () => {
  let installed: InstalledPackage;
  beforeAll(async () => {
    installed = new InstalledPackage();
    await installed.install();
  });
  afterAll(() => installed.remove());

  it.each(pages.filter(({ steps }) => steps.length > 0).map(({ page, steps }) => [page, steps] as const))(
    '%s gets what it says',
    async (page, steps) => {
      let folder = join(installed.path, page.replaceAll(/\W+/g, '-'));
      mkdirSync(folder);
      for (const step of steps) folder = await follow(installed, step, folder, page);
    },
    180_000,
  );
});

/** Does one step, and gives the folder that the next one begins in. */
async function follow(
  installed: InstalledPackage,
  step: Step,
  folder: string,
  page: string,
): Promise<string> {
  const where = `${page}:${step.line}`;
  if (step.kind === 'file') {
    const file = join(folder, step.path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, step.text);
    return folder;
  }
  // The package isn't downloaded: `installed` has put it where this line would.
  const text = step.text.replace(/^npm install boathouse$/m, 'true');
  const ran =
    step.kind === 'shell'
      ? await installed.shell(text, folder)
      : { ...(await installed.program(text, folder, `line-${step.line}`)), folder };
  expect(ran.code, `${where}\n${text}\n${ran.output}`).toBe(0);
  const missing = missingLine(ran.output, step.output);
  expect(missing, `${where}: a line is missing from\n${ran.output}`).toBeUndefined();
  return ran.folder;
}

describe('the documentation', () => {
  it('has commands to follow in the README', () => {
    expect(pages[0]?.steps.filter(({ kind }) => kind === 'shell').length).toBeGreaterThan(2);
    expect(pages[0]?.steps.some(({ kind }) => kind === 'program')).toBe(true);
  });

  const written = [
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(root, name)),
    ...markdownBelow(join(root, 'docs')),
  ];
  it.each(written.map((file) => [relative(root, file), file] as const))(
    '%s links to what is there',
    (_, file) => {
      const text = readFileSync(file, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
      const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(
        (match) => match[1] ?? '',
      );
      expect(targets.filter((target) => !existsSync(join(dirname(file), target)))).toEqual([]);
    },
  );

  it('names the lines that a step should have printed', () => {
    expect(missingLine('a  b\nc 1.5s\nd', ['a b', 'c …s'])).toBeUndefined();
    expect(missingLine('a\nb', ['b', 'a'])).toBe('a');
    expect(missingLine('a (1)', ['a (2)'])).toBe('a (2)');
  });

  it('refuses blocks whose words mean nothing', () => {
    expect(() => readSteps('```sh rnu\nls\n```\n')).toThrow("'sh rnu' means nothing");
    expect(() => readSteps('```text output\nx\n```\n')).toThrow('nothing before');
  });
});

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort();
}
