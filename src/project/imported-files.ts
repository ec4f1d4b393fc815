/**
 * The files that a script imports from beside it.
 *
 * They are read as everything else of a project is, so that a change to one of them is a change to what imports it.
 */
import { dirname, resolve } from 'node:path';
import { kindAt, readBytes } from './disk.ts';

/** Scripts are followed this far; nobody reads more by hand. */
const filesMax = 500;

/** The texts of what the script at `path` imports by a relative path, directly or through others, in a stable order. */
export function importedTexts(path: string, text: string): readonly string[] {
  if (!isScript(path) || !/\bfrom\b|\bimport\b|\brequire\b/.test(text)) return [];
  const seen = new Map<string, string>([[path, text]]);
  const queue = [path];
  for (const at of queue) {
    for (const wanted of relativeImports(seen.get(at) ?? '')) {
      const found = fileOf(resolve(dirname(at), wanted));
      if (found === undefined || seen.has(found) || seen.size > filesMax) continue;
      seen.set(found, readBytes(found).toString('utf8'));
      if (isScript(found)) queue.push(found);
    }
  }
  seen.delete(path);
  return [...seen.values()];
}

/** Where `specifier` may lead: the file itself, or what TypeScript means by it. */
function fileOf(target: string): string | undefined {
  const asTyped = target.replace(/\.(m?)js$/, '.$1ts');
  const candidates = [target, asTyped, `${target}.ts`, `${target}.mts`, `${target}.js`, `${target}/index.ts`];
  return candidates.find((candidate) => kindAt(candidate) === 'file');
}

/** Also what only looks like an import: reading one file too many does no harm. */
function relativeImports(text: string): readonly string[] {
  const found = text.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g);
  return [...new Set([...found].map((match) => match[2] ?? ''))];
}

function isScript(path: string): boolean {
  return /\.[mc]?[jt]s$/i.test(path);
}
