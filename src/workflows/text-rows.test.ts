import { describe, expect, it } from 'vitest';
import { csvRow, jsonRow, withOwnNames } from './text-rows.ts';

const columns = (...names: string[]) => names.map((name) => ({ name, type: 'INTEGER' }));

describe('withOwnNames', () => {
  it.each([
    ['keeps different names', ['a', 'b'], ['a', 'b']],
    ['counts equal ones', ['a', 'a', 'a'], ['a', 'a_1', 'a_2']],
    ['takes no name that is there', ['a', 'a', 'a_1'], ['a', 'a_2', 'a_1']],
  ])('%s', (_, names, expected) => {
    expect(withOwnNames(columns(...names)).map(({ name }) => name)).toEqual(expected);
  });
});

describe('jsonRow', () => {
  it('keeps the digits of numbers, and escapes names', () => {
    const cells = [
      { text: '1', json: '1' },
      { text: '2', json: '12345678901234567890' },
    ];
    expect(jsonRow(columns('a"b', 'c'), cells)).toBe('{"a\\"b":1,"c":12345678901234567890}');
  });
});

describe('csvRow', () => {
  it('tells NULL from an empty text, and quotes what needs it', () => {
    expect(csvRow([null, '', 'a,b', 'say "hi"', 'x\ny', 'plain'])).toBe(
      ',"","a,b","say ""hi""","x\ny",plain',
    );
  });
});
