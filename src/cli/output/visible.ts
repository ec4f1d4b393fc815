/** Text of others, safe on a terminal. */

/**
 * `text` with its control characters as pictures (`␛`): a file's content must not move the cursor, recolour
 * the screen or ring the bell. Line breaks and tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll(controls, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd';
  });
}

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
