import type { SourceLocation } from '../../base/index.ts';

/** A text and where in a file it begins: turns offsets into lines and columns, when somebody asks. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #line: number;
  readonly #column: number;

  constructor(file: string, text: string, line: number, column: number) {
    this.file = file;
    this.text = text;
    this.#line = line;
    this.#column = column;
  }

  /** The place of `offset`, lines and columns from 1. Costs a scan of the text before it. */
  locate(offset: number): { readonly file: string; readonly line: number; readonly column: number } {
    let line = this.#line;
    let lineBegin = 0;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1)) {
      line += 1;
      lineBegin = at + 1;
    }
    const column = offset - lineBegin + 1 + (lineBegin === 0 ? this.#column - 1 : 0);
    return { file: this.file, line, column };
  }

  /** `locate`, with the text too when it is a file's whole text, so that a code frame can be drawn. */
  locationOf(offset: number): SourceLocation {
    const place = this.locate(offset);
    return this.#line === 1 && this.#column === 1 ? { ...place, text: this.text } : place;
  }
}
