/**
 * How the thread's imports are found and read: TypeScript without its types, relative imports as TypeScript means
 * them, and the library itself for a project that hasn't installed it.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as swc from '@swc/wasm-typescript';
import { moduleOfArrow } from './arrow-specifier.ts';

/** Where the module that `specifier` names is. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const reader = moduleOfArrow(specifier);
  if (reader !== undefined) {
    try {
      return await next('apache-arrow', { ...context, parentURL: reader });
    } catch {
      // A project without Arrow of its own has none of its tables either: ours does.
      return await next('apache-arrow', context);
    }
  }
  try {
    return await next(specifier, context);
  } catch (error) {
    const found = specifier === 'boathouse' ? ownLibrary() : typedFile(specifier, context.parentURL);
    if (found === undefined) throw error;
    return { url: found, shortCircuit: true };
  }
};

/** A module's source: a script of the project's is a module, whatever its package.json says. */
export const load: LoadHook = async (url, context, next) => {
  const [, extension] = /^file:[^?#]*\.([mc]?[jt]s)(?:[?#]|$)/.exec(url) ?? [];
  const isInstalled = url.includes('/node_modules/');
  if (extension === 'ts' || extension === 'mts') {
    return { format: 'module', source: withoutTypes(fileURLToPath(url)), shortCircuit: true };
  }
  if (extension === 'js' && !isInstalled) {
    const source = readFileSync(fileURLToPath(url), 'utf8');
    if (/^\s*(?:export|import)\b/m.test(source)) return { format: 'module', source, shortCircuit: true };
  }
  return await next(url, context);
};

/** Lines and columns stay where they are; what has a meaning when it runs is rewritten with a source map. */
function withoutTypes(filename: string): string {
  const text = readFileSync(filename, 'utf8');
  try {
    return swc.transformSync(text, { mode: 'strip-only', module: true, filename }).code;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'UnsupportedSyntax') throw readable(error);
  }
  try {
    const { code, map } = swc.transformSync(text, {
      mode: 'transform',
      module: true,
      sourceMap: true,
      filename,
    });
    const data = Buffer.from(map ?? '{}').toString('base64');
    return `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`;
  } catch (error) {
    throw readable(error);
  }
}

function readable(error: unknown): Error {
  const { message, snippet } = error as { readonly message?: string; readonly snippet?: string };
  return new SyntaxError([message ?? String(error), snippet].filter(Boolean).join('\n'));
}

/** `./dates` and `./dates.js` may mean `./dates.ts`. */
function typedFile(specifier: string, parent: string | undefined): string | undefined {
  if (!/^\.{1,2}\//.test(specifier) || parent === undefined) return undefined;
  const url = new URL(specifier, parent).href;
  const candidates = [
    url.replace(/\.(m?)js$/, '.$1ts'),
    `${url}.ts`,
    `${url}.mts`,
    `${url}.js`,
    `${url}/index.ts`,
  ];
  return candidates.find((candidate) => existsSync(fileURLToPath(candidate)));
}

function ownLibrary(): string | undefined {
  const file = fileURLToPath(new URL('../../index.js', import.meta.url));
  return existsSync(file) ? pathToFileURL(file).href : undefined;
}
