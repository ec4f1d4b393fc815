/** .dbtignore: which files of a project are not looked at, in .gitignore's language. */
import { join } from 'node:path';
import { readTextIfThere } from './read-text.ts';

/** Whether a file, by its path from the package's root with `/`, is ignored. */
export type IgnoreRule = (relativePath: string) => boolean;

/** The rules in `root`'s .dbtignore; without one nothing is ignored. */
export function readDbtIgnore(root: string): IgnoreRule {
  const text = readTextIfThere(join(root, '.dbtignore'));
  return text === undefined ? () => false : parseIgnoreRules(text);
}

/** The rules of a .gitignore-like text. The last line that matches a file decides. */
export function parseIgnoreRules(text: string): IgnoreRule {
  const rules = text.split('\n').flatMap((line) => {
    const rule = parseLine(line);
    return rule === undefined ? [] : [rule];
  });
  return (path) => {
    let isIgnored = false;
    for (const rule of rules) if (rule.pattern.test(path)) isIgnored = !rule.isNegated;
    return isIgnored;
  };
}

function parseLine(line: string): { pattern: RegExp; isNegated: boolean } | undefined {
  let glob = line.replace(/(?<!\\)\s+$/, '');
  if (glob === '' || glob.startsWith('#')) return undefined;
  const isNegated = glob.startsWith('!');
  if (isNegated) glob = glob.slice(1);
  const isFolder = glob.endsWith('/');
  if (isFolder) glob = glob.slice(0, -1);
  // A slash that isn't the last character ties the pattern to the root.
  const isRooted = glob.includes('/');
  glob = glob.replace(/^\//, '');
  const body = globToPattern(glob);
  return {
    pattern: new RegExp(`^${isRooted ? '' : '(?:.*/)?'}${body}${isFolder ? '/.*' : '(?:/.*)?'}$`),
    isNegated,
  };
}

function globToPattern(glob: string): string {
  let out = '';
  for (let i = 0; i < glob.length; i += 1) {
    const c = glob[i] ?? '';
    if (c === '*' && glob[i + 1] === '*') {
      const isWhole = (i === 0 || glob[i - 1] === '/') && (i + 2 === glob.length || glob[i + 2] === '/');
      if (isWhole && glob[i + 2] === '/') {
        out += '(?:.*/)?';
        i += 2;
      } else {
        out += isWhole ? '.*' : '[^/]*';
        i += 1;
      }
    } else if (c === '*') out += '[^/]*';
    else if (c === '?') out += '[^/]';
    else if (c === '[') {
      const end = glob.indexOf(']', i + 2);
      if (end === -1) out += '\\[';
      else {
        out += `[${glob
          .slice(i + 1, end)
          .replace(/^[!^]/, '^')
          .replaceAll('\\', '\\\\')}]`;
        i = end;
      }
    } else if (c === '\\' && i + 1 < glob.length) {
      i += 1;
      out += escapePattern(glob[i] ?? '');
    } else out += escapePattern(c);
  }
  return out;
}

function escapePattern(c: string): string {
  return c.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
