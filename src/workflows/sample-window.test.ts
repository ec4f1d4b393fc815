import { describe, expect, it } from 'vitest';
import { parseSample } from './sample-window.ts';

const now = new Date('2025-03-05T10:30:15Z');
const print = (text: string): string => {
  const { start, end } = parseSample(text, now);
  return `${start.toISOString().slice(0, 19)}/${end.toISOString().slice(0, 19)}`;
};

describe('--sample', () => {
  it.each([
    ['counts days back from the beginning of this one', '3 days', '2025-03-02T00:00:00/2025-03-05T10:30:15'],
    ['takes one', '1 hour', '2025-03-05T09:00:00/2025-03-05T10:30:15'],
    ['counts months over the end of a year', '4 Months', '2024-11-01T00:00:00/2025-03-05T10:30:15'],
    ['counts years', '2 years', '2023-01-01T00:00:00/2025-03-05T10:30:15'],
    [
      'takes a beginning and an end',
      "{'start': '2024-01-01', 'end': '2024-02-03 12:30:00'}",
      '2024-01-01T00:00:00/2024-02-03T12:30:00',
    ],
    [
      'takes them as YAML has them',
      '{start: 2024-01-01T01:00:00, end: 2024-02-03}',
      '2024-01-01T01:00:00/2024-02-03T00:00:00',
    ],
  ])('%s', (_, text, window) => {
    expect(print(text)).toBe(window);
  });

  it.each([['yesterday'], ['3 weeks'], ['days 3'], ['{start: 2024-01-01}'], ['']])(
    'is refused as %j',
    (text) => {
      expect(() => print(text)).toThrow(expect.objectContaining({ code: 'workflows.bad-sample' }));
    },
  );
});
