/** Python's `int(text)` and `float(text)`. */
import { toInt } from '../values/float.ts';

/** The int that `text` spells in `base`, or undefined. Base 0 reads prefixes. */
export function intOf(text: string, base: number): number | bigint | undefined {
  const match = /^([+-]?)(0[xob])?_?([0-9a-z]+(?:_[0-9a-z]+)*)$/i.exec(text.trim());
  if (!match) return undefined;
  const [, sign = '', prefix, digitsGiven = ''] = match;
  const bases: Readonly<Record<string, number>> = { '0x': 16, '0o': 8, '0b': 2 };
  const prefixBase = prefix === undefined ? undefined : bases[prefix.toLowerCase()];
  let radix = base;
  let digits = digitsGiven.replaceAll('_', '');
  if (base === 0) radix = prefixBase ?? 10;
  else if (prefixBase !== undefined && prefixBase !== base) digits = `${prefix ?? ''}${digits}`;
  if (base === 0 && prefixBase === undefined && /^0+[1-9]/.test(digits)) return undefined;
  let value = 0n;
  for (const digit of digits.toLowerCase()) {
    const worth = Number.parseInt(digit, 36);
    if (worth >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return toInt(sign === '-' ? -value : value);
}

/** The float that `text` spells, or undefined. */
export function floatOf(text: string): number | undefined {
  const clean = text.trim().toLowerCase();
  if (/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/.test(clean))
    return Number(clean.replaceAll('_', ''));
  if (/^[+-]?(?:inf|infinity)$/.test(clean)) return clean.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?nan$/.test(clean) ? Number.NaN : undefined;
}
