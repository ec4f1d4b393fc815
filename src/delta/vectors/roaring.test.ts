import { describe, expect, it } from 'vitest';
import { RowSet } from './row-set.ts';

/** Little-endian bytes: `[size, value]` pairs. */
function bytes(...parts: readonly (readonly [1 | 2 | 4 | 8, number])[]): Uint8Array {
  const out: number[] = [];
  for (const [size, value] of parts) {
    let rest = BigInt(value);
    for (let i = 0; i < size; i += 1) {
      out.push(Number(rest & 255n));
      rest >>= 8n;
    }
  }
  return Uint8Array.from(out);
}

const one = [8, 1] as const;
const highKey = (key: number): readonly [4, number] => [4, key];

describe('the portable format, byte by byte', () => {
  it('reads arrays, at any height', () => {
    // Two maps, at 0 and at 2^32; the second's container has key 3.
    const map = (key: number, ...values: readonly number[]): readonly (readonly [2 | 4, number])[] => [
      [4, 12346],
      [4, 1],
      [2, key],
      [2, values.length - 1],
      [4, 16],
      ...values.map((v) => [2, v] as const),
    ];
    const input = bytes([8, 2], highKey(0), ...map(0, 1, 5), highKey(1), ...map(3, 7));
    expect([...RowSet.parse(input)]).toEqual([1, 5, 2 ** 32 + 3 * 65_536 + 7]);
  });

  it('reads runs, without offsets when there are few containers', () => {
    const header = (12347 | (0 << 16)) >>> 0;
    const input = bytes(
      one,
      highKey(0),
      [4, header],
      [1, 1],
      [2, 0],
      [2, 5],
      [2, 2],
      [2, 10],
      [2, 3],
      [2, 100],
      [2, 1],
    );
    expect([...RowSet.parse(input)]).toEqual([10, 11, 12, 13, 100, 101]);
  });

  it('reads bitmaps', () => {
    const head = bytes(one, highKey(0), [4, 12346], [4, 1], [2, 0], [2, 4999], [4, 16]);
    const bits = new Uint8Array(8192);
    bits.fill(0xff, 0, 625);
    const rows = [...RowSet.parse(Uint8Array.from([...head, ...bits]))];
    expect([rows.length, rows[0], rows.at(-1)]).toEqual([5000, 0, 4999]);
  });

  it.each([
    ['cut short', bytes(one, highKey(0), [4, 12346], [4, 1], [2, 0], [2, 9], [4, 16], [2, 1])],
    ['no bitmap', bytes(one, highKey(0), [4, 99])],
  ])('refuses what is %s', (_, input) => {
    expect(() => RowSet.parse(input)).toThrow();
  });
});
