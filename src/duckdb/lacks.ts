/** Which extension a statement lacks, told from the engine's words, and trying again once it is there. */
import { fromEngine } from './errors.ts';
import type { Extensions } from './extensions.ts';

/** What a failed statement lacked, judging by the engine's words. */
export type Lack =
  | { readonly kind: 'extension'; readonly name: string }
  | { readonly kind: 'function' }
  | undefined;

/** The extension that `message` says is missing, or that some function or type is unknown. Pure. */
export function lackOf(message: string): Lack {
  const named =
    /exists in the (\w+) extension/.exec(message) ??
    /requires the extension (\w+) to be loaded/.exec(message) ??
    /Extension "(\w+)" is an existing extension/.exec(message) ??
    /Extension "?[^"\n]*?(\w+)\.duckdb_extension"? not found/.exec(message);
  if (named?.[1] !== undefined) return { kind: 'extension', name: named[1] };
  return /^Catalog Error: (?:[A-Za-z ]*Function|Type|Setting|unrecognized configuration)/.test(message)
    ? { kind: 'function' }
    : undefined;
}

/** The extensions that a statement's paths point to: a hint, not proof, since text may just look so. Pure. */
export function extensionsHinted(sql: string): string[] {
  const needed: string[] = [];
  if (/\b(?:s3|s3a|s3n|gs|gcs|r2|hf|https?):\/\//i.test(sql)) needed.push('httpfs');
  if (/\b(?:az|azure|abfss?):\/\//i.test(sql)) needed.push('azure');
  return needed;
}

/**
 * What `work` returns, tried again after loading what it lacked.
 *
 * @throws duckdb.extension-unavailable when that can't be had; what `work` throws for any other reason.
 */
export async function withLacksSupplied<T>(
  extensions: Extensions,
  sql: string,
  work: () => Promise<T>,
): Promise<T> {
  const supplied = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const lack = lackOf(error instanceof Error ? error.message : String(error));
      const what = lack?.kind === 'extension' ? lack.name : lack?.kind;
      // Each lack is met once: another statement may have loaded it since this one failed, so that it
      // is loaded by now says nothing, but failing again for the same reason does.
      if (lack === undefined || what === undefined || supplied.has(what)) throw fromEngine(error, sql);
      supplied.add(what);
      if (!(await supply(extensions, lack))) throw fromEngine(error, sql);
    }
  }
}

async function supply(extensions: Extensions, lack: NonNullable<Lack>): Promise<boolean> {
  if (lack.kind === 'extension') {
    await extensions.load(lack.name);
    return true;
  }
  try {
    return await extensions.loadDeclared();
  } catch {
    // A declared extension can't be had, and nothing says that it is what the statement lacks:
    // the engine's own words about the unknown name are the better error.
    return false;
  }
}
