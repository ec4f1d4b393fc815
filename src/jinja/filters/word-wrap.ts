/** `wordwrap`: Python's textwrap, every line of the text on its own. */

/** `text` with lines of at most `width` characters, broken at blanks and, if asked, after hyphens. */
export function wordWrap(
  text: string,
  width: number,
  breakLong: boolean,
  mark: string,
  hyphens: boolean,
): string {
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => wrapLine(line, width, breakLong, hyphens).join(mark)).join(mark);
}

function wrapLine(line: string, width: number, breakLong: boolean, hyphens: boolean): string[] {
  const chunks = chunksOf(line, hyphens).reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if (chunks.at(-1)?.trim() === '' && lines.length > 0) chunks.pop();
    while (chunks.length > 0) {
      const next = chunks.at(-1) ?? '';
      if (length + next.length > width) break;
      current.push(next);
      length += next.length;
      chunks.pop();
    }
    const long = chunks.at(-1) ?? '';
    if (chunks.length > 0 && long.length > width) {
      if (breakLong) {
        const room = Math.max(1, width - length);
        // A hyphenated word is broken after a hyphen that still fits, if it has one.
        const hyphen = hyphens && long.length > room ? long.lastIndexOf('-', room - 1) : -1;
        const end = hyphen > 0 && /[^-]/.test(long.slice(0, hyphen)) ? hyphen + 1 : room;
        current.push(long.slice(0, end));
        chunks[chunks.length - 1] = long.slice(end);
      } else if (current.length === 0) {
        current.push(long);
        chunks.pop();
      }
    }
    if (current.at(-1)?.trim() === '') current.pop();
    if (current.length > 0) lines.push(current.join(''));
  }
  return lines;
}

function chunksOf(line: string, hyphens: boolean): string[] {
  const words = line.split(/(\s+)/).filter((part) => part !== '');
  if (!hyphens) return words;
  return words.flatMap((word) =>
    word.split(/(?<=[\p{L}\d_]-)(?=[\p{L}_])|(?<=[^-\s])(?=--+[^-\s])|(?<=[^-\s]--)(?=[^-\s])/u),
  );
}
