/**
 * TypeScript as JavaScript.
 *
 * Types are blanked out, so that every line and column stays where it is. What has a meaning when it runs
 * (enums, namespaces, parameter properties) can't be blanked: such a file is rewritten, with a source map.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { type CodePlace, CodeTrouble } from './code-facts.ts';
import { typeStripper } from './syntax-libraries.ts';

/** JavaScript, and where it stood in the TypeScript. */
export interface Stripped {
  readonly code: string;
  /** The place in the source of a place in `code`. */
  readonly origin: (place: CodePlace) => CodePlace;
}

/** @throws CodeTrouble where `text` is no TypeScript */
export function stripTypes(text: string): Stripped {
  const { transformSync } = typeStripper();
  try {
    return { code: transformSync(text, { mode: 'strip-only', module: true }).code, origin: (place) => place };
  } catch (error) {
    if (!isSwcError(error) || error.code !== 'UnsupportedSyntax') throw troubleOf(error);
  }
  try {
    const { code, map } = transformSync(text, { mode: 'transform', module: true, sourceMap: true });
    const sources = new SourceMap(JSON.parse(map ?? '{}') as SourceMapPayload);
    return {
      code,
      origin: ({ line, column }) => {
        const found = sources.findEntry(line - 1, column - 1);
        return 'originalLine' in found
          ? { line: found.originalLine + 1, column: found.originalColumn + 1 }
          : { line, column };
      },
    };
  } catch (error) {
    throw troubleOf(error);
  }
}

interface SwcError {
  readonly code: string;
  readonly message: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

function isSwcError(error: unknown): error is SwcError {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error;
}

function troubleOf(error: unknown): unknown {
  if (!isSwcError(error)) return error;
  return new CodeTrouble({
    kind: 'syntax',
    problem: error.message.replace(/\.$/, ''),
    place: { line: error.startLine ?? 1, column: (error.startColumn ?? 0) + 1 },
  });
}
