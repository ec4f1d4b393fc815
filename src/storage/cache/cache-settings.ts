/** What the user wants of the cache, for the whole process. */
import { cacheFolder } from './cache-folder.ts';

/** Where the cache is, and how large it may get. */
export interface CacheSettings {
  readonly folder: string;
  readonly limitBytes: number;
}

/** What a profile says of the cache: false keeps no copies, and DuckDB reads buckets by itself. */
export type CacheWish = false | { readonly path?: string; readonly size?: string };

/** Decides about the cache from now on, over what the environment says; what isn't named is left to that. */
export function configureCache(wanted: CacheWish = {}): void {
  if (wanted === false) {
    chosen = false;
    return;
  }
  const limitBytes = parseBytes(wanted.size);
  chosen = {
    ...(wanted.path === undefined ? {} : { folder: wanted.path }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

/** The settings in force; undefined when no copies are wanted. `BOATHOUSE_CACHE`, `_DIR` and `_SIZE` say what nobody has decided. */
export function cacheSettings(env: NodeJS.ProcessEnv = process.env): CacheSettings | undefined {
  const isOff = /^(?:off|false|0|no)$/i.test(env['BOATHOUSE_CACHE'] ?? '');
  if (chosen === false || isOff) return undefined;
  return {
    folder: chosen.folder ?? cacheFolder(env),
    limitBytes: chosen.limitBytes ?? parseBytes(env['BOATHOUSE_CACHE_SIZE']) ?? 20e9,
  };
}

/** `20GB`, `500 MiB`, or bytes. Undefined for what is no size. */
export function parseBytes(text: string | undefined): number | undefined {
  const [, amount, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)\s*$/i.exec(text ?? '') ?? [];
  if (amount === undefined) return undefined;
  const power = ' kmgt'.indexOf(unit.charAt(0).toLowerCase() || ' ');
  const base = /i/i.test(unit) ? 1024 : 1000;
  return Number(amount) * base ** Math.max(power, 0);
}

let chosen: false | Partial<CacheSettings> = {};
