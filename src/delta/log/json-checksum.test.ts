import { describe, expect, it } from 'vitest';
import { canonicalJson, jsonChecksum } from './json-checksum.ts';

describe('canonicalJson', () => {
  it("gives the protocol's own example", () => {
    const text = `{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}`;
    expect(canonicalJson(text)).toBe(
      '"k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4","k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"',
    );
    expect(jsonChecksum(text)).toBe('6a92d155a59bf2eecbd4b4ec7fd1f875');
  });

  it.each([
    ['{"b":1,"a":{"y":null,"x":"https://delta.io"}}', '"a"+"x"="https%3A%2F%2Fdelta.io","a"+"y"=null,"b"=1'],
    ['{"a":[],"b":{},"c":1.50}', '"c"=1.50'],
    ['{"ä\\n":true}', '"%C3%A4%0A"=true'],
    ['{}', ''],
  ])('of %s', (text, canonical) => {
    expect(canonicalJson(text)).toBe(canonical);
  });

  it.each(['', '[1]', '3', '{"a":1', '{"a":1,"a":2}', '{"a":{"b":1,"b":1}}'])('has none for %s', (text) => {
    expect(canonicalJson(text)).toBeUndefined();
    expect(jsonChecksum(text)).toBeUndefined();
  });
});
