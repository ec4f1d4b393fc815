/**
 * The parsers of programs, loaded once and only for projects that have any: SWC's, which leaves types out,
 * acorn for JavaScript, and lezer's grammar of Python.
 */
import { createRequire } from 'node:module';
import type * as Lezer from '@lezer/python';
import type * as Swc from '@swc/wasm-typescript';
import type * as Acorn from 'acorn';

const require = createRequire(import.meta.url);
let swc: typeof Swc | undefined;
let acorn: typeof Acorn | undefined;
let lezer: typeof Lezer | undefined;

/** SWC's `transformSync`, without types. */
export function typeStripper(): typeof Swc {
  swc ??= require('@swc/wasm-typescript') as typeof Swc;
  return swc;
}

/** acorn. */
export function scriptParser(): typeof Acorn {
  acorn ??= require('acorn') as typeof Acorn;
  return acorn;
}

/** Python's grammar. */
export function pythonParser(): typeof Lezer {
  lezer ??= require('@lezer/python') as typeof Lezer;
  return lezer;
}
