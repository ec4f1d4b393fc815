/** The pieces of docs/guide/other-readers.md that others run, so that what is shown is what is tested. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A piece of the page, and what it says will be printed. */
export interface Piece {
  readonly name: string;
  readonly text: string;
  readonly output: readonly string[];
}

/**
 * The pieces by name: `<!-- reader NAME -->` stands before a code block. A block of `text` right after it is what
 * is printed.
 *
 * @throws for a name without a block, or one that stands twice.
 */
export function readPieces(page: string): ReadonlyMap<string, Piece> {
  const pieces = new Map<string, Piece>();
  const pattern = /^<!-- reader (\S+) -->\n(```+)(\w+)\n([\s\S]*?)^\2\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;
  for (const [, name = '', , , text = '', output = ''] of page.matchAll(pattern)) {
    if (pieces.has(name)) throw new Error(`${name} stands twice`);
    pieces.set(name, { name, text, output: output.split('\n').filter((line) => line !== '') });
  }
  const named = [...page.matchAll(/^<!-- reader (\S+) -->$/gm)].map((match) => match[1] ?? '');
  for (const name of named) if (!pieces.has(name)) throw new Error(`${name} has no code block`);
  return pieces;
}

/** Those of the page about other readers. */
export const pieces: ReadonlyMap<string, Piece> = readPieces(
  readFileSync(resolve(import.meta.dirname, '../../docs/guide/other-readers.md'), 'utf8'),
);

/** The text of a piece with the page's example places filled in. @throws for a piece that isn't there. */
export function pieceOf(name: string, places: Readonly<Record<string, string>>): Piece {
  const piece = pieces.get(name);
  if (piece === undefined) throw new Error(`the page has no piece ${name}`);
  const fill = (text: string): string =>
    Object.entries(places).reduce((filled, [example, real]) => filled.replaceAll(example, real), text);
  return { ...piece, text: fill(piece.text), output: piece.output.map(fill) };
}
