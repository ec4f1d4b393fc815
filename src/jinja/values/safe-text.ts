/**
 * Text that is HTML already: Python's `Markup`, what `escape`, `safe` and `tojson` return.
 *
 * It prints as its text. Joining it with plain text by `+`, `~` or `%` escapes the plain text.
 */
export class SafeText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `text` with `& < > ' "` as entities. */
export function escapeHtml(text: string): string {
  return /[&<>'"]/.test(text) ? text.replace(/[&<>'"]/g, (c) => entities[c] ?? c) : text;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
