/** Letter case as Python's str methods have it. */

/** The first character in title case, the rest in lower case. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return titleChar(first) + text.slice(first.length).toLowerCase();
}

/** Every run of letters capitalized. */
export function titleCase(text: string): string {
  return text.replace(/\p{L}[\p{L}\p{M}]*/gu, capitalize);
}

/** Upper case for lower and the reverse. */
export function swapCase(text: string): string {
  return Array.from(text, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');
}

/** Lower case for comparing: `ß` is `ss`. */
export function casefold(text: string): string {
  return text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ');
}

function titleChar(char: string): string {
  const upper = char.toUpperCase();
  return upper.length > char.length ? upper.charAt(0) + upper.slice(1).toLowerCase() : upper;
}
