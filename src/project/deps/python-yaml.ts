/**
 * YAML as PyYAML writes it, for the lock file: dbt writes the same bytes for the same packages.
 *
 * Only what a lock file has: a mapping of texts and of lists of mappings of texts, in block style, two
 * spaces deep, keys sorted, nothing beyond ASCII, lines folded at 80 columns. Pure.
 *
 * Source: the emitter of PyYAML (`yaml.dump`), as its documentation and its output show it.
 */
import { resolvePlain } from '../yaml-scalar.ts';

/** What can be written. */
export type PlainYaml = { readonly [key: string]: string | readonly { readonly [key: string]: string }[] };

/** `value` as a YAML file. */
export function printPythonYaml(value: PlainYaml): string {
  const lines = sortedKeys(value).map((key) => {
    const one = value[key] ?? '';
    const name = `${printScalar(key, 0, 0, false)}:`;
    if (typeof one === 'string') return `${name} ${printScalar(one, name.length + 1, 2, true)}\n`;
    if (one.length === 0) return `${name} []\n`;
    return `${name}\n${one.map((item) => `  - ${printMapping(item)}`).join('')}`;
  });
  return lines.join('');
}

function printMapping(item: { readonly [key: string]: string }): string {
  return sortedKeys(item)
    .map((key) => {
      const name = `${printScalar(key, 0, 0, false)}:`;
      return `${name} ${printScalar(item[key] ?? '', 4 + name.length + 1, 6, true)}\n`;
    })
    .join('    ');
}

const sortedKeys = (value: object): string[] => Object.keys(value).sort();

/** How wide lines get before they are folded. */
const width = 80;

/**
 * One text.
 *
 * @param column where it begins. @param indent of the lines that go on with it.
 */
function printScalar(text: string, column: number, indent: number, folds: boolean): string {
  const looks = lookAt(text);
  if (looks.plain && isText(text)) return folds ? foldPlain(text, column, indent) : text;
  if (looks.single) return foldSingle(text, column, indent, folds);
  return foldDouble(text, column, indent, folds);
}

/** Whether a plain scalar of this spelling is a text, and not a number, a date, a boolean … */
function isText(text: string): boolean {
  return text !== '=' && text !== '<<' && resolvePlain(text) === text;
}

/** Which styles can show `text` as it is. */
function lookAt(text: string): { readonly plain: boolean; readonly single: boolean } {
  if (text === '') return { plain: false, single: true };
  // Whatever isn't printable ASCII is escaped, which only double quotes can; a line break keeps single ones.
  const isSpecial = /[^\x20-\x7e\n]/.test(text);
  const hasBreaks = text.includes('\n');
  const besideBreaks = / \n|\n /.test(text);
  const atEnds = /^[ \n]|[ \n]$/.test(text);
  const opens =
    /^(?:---|\.\.\.)/.test(text) ||
    /^[#,[\]{}&*!|>'"%@`]/.test(text) ||
    /^[?:](?=[ \n]|$)/.test(text) ||
    /^-(?=[ \n]|$)/.test(text);
  const inside = /:(?=[ \n]|$)/.test(text) || /[ \n]#/.test(text);
  return {
    plain: !(isSpecial || hasBreaks || atEnds || opens || inside),
    single: !(isSpecial || besideBreaks),
  };
}

/** Lines are broken at single spaces, once a line has grown too long. */
function foldPlain(text: string, column: number, indent: number): string {
  return foldAtSpaces(text, column, indent, (part) => part);
}

function foldSingle(text: string, column: number, indent: number, folds: boolean): string {
  const quote = (part: string): string => part.replaceAll("'", "''");
  if (!folds) return `'${quote(text)}'`;
  return `'${foldAtSpaces(text, column + 1, indent, quote)}'`;
}

function foldAtSpaces(text: string, start: number, indent: number, quote: (part: string) => string): string {
  let out = '';
  let column = start;
  for (const { 0: part, index } of text.matchAll(/ +|\n+|[^ \n]+/g)) {
    const isInside = index > 0 && index + part.length < text.length;
    const isFold = part === ' ' && column > width && isInside;
    if (isFold || part.startsWith('\n')) {
      // A single break would be read as a space.
      out += `${isFold ? '\n' : `\n${part}`}${' '.repeat(indent)}`;
      column = indent;
      continue;
    }
    const shown = quote(part);
    out += shown;
    column += shown.length;
  }
  return out;
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\x08': 'b',
  '\x09': 't',
  '\x0a': 'n',
  '\x0b': 'v',
  '\x0c': 'f',
  '\x0d': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

function foldDouble(text: string, start: number, indent: number, folds: boolean): string {
  const letters = [...text];
  let out = '"';
  let column = start + 1;
  let from = 0;
  const write = (part: string): void => {
    out += part;
    column += part.length;
  };
  for (let at = 0; at <= letters.length; at += 1) {
    const letter = letters[at];
    const isPlain = letter !== undefined && /^[\x20-\x7e]$/.test(letter) && letter !== '"' && letter !== '\\';
    if (!isPlain) {
      if (from < at) write(letters.slice(from, at).join(''));
      from = at;
      if (letter !== undefined) {
        write(escaped(letter));
        from = at + 1;
      }
    }
    if (!folds || at <= 0 || at >= letters.length - 1) continue;
    if ((letter === ' ' || from >= at) && column + (at - from) > width) {
      const part = `${from < at ? letters.slice(from, at).join('') : ''}\\`;
      if (from < at) from = at;
      out += `${part}\n${' '.repeat(indent)}`;
      column = indent;
      if (letters[from] === ' ') write('\\');
    }
  }
  return `${out}"`;
}

function escaped(letter: string): string {
  const short = escapes[letter];
  if (short !== undefined) return `\\${short}`;
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
