/** The version of this package, which commits name as their engine. */
import { readFileSync } from 'node:fs';
import { assert, type Json, parseJson } from '../base/index.ts';

let version: string | undefined;

/** This package's version, from package.json, which stands two folders up in the sources and in what is published. */
export function ownVersion(): string {
  if (version === undefined) {
    const body = parseJson(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const found = (body as Readonly<Record<string, Json>>)['version'];
    assert(typeof found === 'string', 'package.json has a version');
    version = found;
  }
  return version;
}
