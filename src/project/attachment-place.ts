/** Where the files of an attached database are. Pure but for the process's own folder. */
import { isAbsolute, join, resolve } from 'node:path';
import type { AttachProfile } from './target-profile.ts';

/**
 * `attach` with what it says of files below `root`, as dbt has it, which goes to the project's folder first.
 *
 * What isn't a file is the extension's to read, and a path stays as it is where the process stands in `root`
 * already: a DuckLake remembers how its folder was written.
 */
export function placedAttachment(attach: AttachProfile, root: string): AttachProfile {
  return { ...attach, path: placedPath(attach, root), options: placedOptions(attach, root) };
}

function placedPath({ path, type }: AttachProfile, root: string): string {
  const [, scheme = '', place = ''] = /^((?:(?:ducklake|sqlite|duckdb):)*)(.*)$/is.exec(path) ?? [];
  const isInFile = type === undefined || ['duckdb', 'sqlite', 'ducklake'].includes(type.toLowerCase());
  return isInFile && isRelative(place) ? `${scheme}${belowRoot(root, place)}` : path;
}

/** A DuckLake compares the text of its folder's path with what it was made with; where the folder is, is ours to say. */
function placedOptions({ path, options }: AttachProfile, root: string): AttachProfile['options'] {
  const key = Object.keys(options).find((name) => name.toLowerCase() === 'data_path');
  const dataPath = key === undefined ? undefined : options[key];
  if (key === undefined || typeof dataPath !== 'string' || !isRelative(dataPath)) return options;
  if (!/^ducklake:/i.test(path)) return options;
  return { override_data_path: true, ...options, [key]: belowRoot(root, dataPath) };
}

function isRelative(path: string): boolean {
  return path !== '' && !path.startsWith(':') && !isAbsolute(path) && !/^[a-z][a-z0-9+]+:/i.test(path);
}

function belowRoot(root: string, path: string): string {
  return resolve(path) === resolve(root, path) ? path : join(root, path);
}
