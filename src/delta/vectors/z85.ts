/** Bytes as text that JSON leaves alone: five characters for four bytes. Source: ZeroMQ RFC 32/Z85. Pure. */

/** `bytes` as text; zeros fill up the last four. */
export function encodeZ85(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  let text = '';
  for (let at = 0; at < padded.length; at += 4) {
    const word = view.getUint32(at);
    for (const power of powers) text += alphabet[Math.floor(word / power) % 85];
  }
  return text;
}

/** The bytes of `text`. @throws Error when it is no Z85. */
export function decodeZ85(text: string): Uint8Array {
  if (text.length % 5 !== 0) throw new Error(`its text has ${text.length} characters, which are not fives`);
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let word = 0;
    for (let i = 0; i < 5; i += 1) {
      const digit = digits.get(text[at + i] as string);
      if (digit === undefined) throw new Error(`its text holds '${text[at + i]}', which is no Z85`);
      word = word * 85 + digit;
    }
    if (word > 0xffffffff) throw new Error('its text is no Z85');
    view.setUint32((at / 5) * 4, word);
  }
  return bytes;
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const digits: ReadonlyMap<string, number> = new Map(Array.from(alphabet, (digit, value) => [digit, value]));
const powers = [85 ** 4, 85 ** 3, 85 ** 2, 85, 1];
