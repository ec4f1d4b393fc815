import { describe, expect, it } from 'vitest';
import type { ManifestNode } from '../compiler/index.ts';
import { type BatchTimes, inBatch, planBatches } from './batches.ts';

const node = (config: Record<string, unknown>): ManifestNode =>
  ({
    unique_id: 'model.shop.m',
    original_file_path: 'm.sql',
    config: { batch_size: 'day', begin: '2025-01-01', ...config },
  }) as unknown as ManifestNode;
const times = (more: Partial<BatchTimes>): BatchTimes => ({
  now: new Date('2025-01-04T10:30:00Z'),
  isIncremental: false,
  eventTimeStart: undefined,
  eventTimeEnd: undefined,
  ...more,
});
const print = (config: Record<string, unknown>, more: Partial<BatchTimes>): string[] =>
  planBatches(node(config), times(more)).map(
    ({ start, end }) => `${start.toISOString().slice(0, 13)}/${end.toISOString().slice(0, 13)}`,
  );

describe('the batches', () => {
  it.each([
    ['begin where the model says, and end with the batch of now', {}, {}, 4, '2025-01-04T00/2025-01-05T00'],
    ['look back by one when there is a table', {}, { isIncremental: true }, 2, '2025-01-04T00/2025-01-05T00'],
    [
      'look back as far as the model says',
      { lookback: 3 },
      { isIncremental: true },
      4,
      '2025-01-04T00/2025-01-05T00',
    ],
    [
      'keep to the times of the command',
      {},
      { eventTimeStart: '2025-01-01', eventTimeEnd: '2025-01-02 12:00' },
      2,
      '2025-01-02T00/2025-01-03T00',
    ],
    [
      'can be hours',
      { batch_size: 'hour' },
      { eventTimeStart: '2025-01-04T08:15:00Z' },
      3,
      '2025-01-04T10/2025-01-04T11',
    ],
    [
      'can be months',
      { batch_size: 'month', begin: '2024-11-15T00:00:00' },
      {},
      3,
      '2025-01-01T00/2025-02-01T00',
    ],
    ['can be years', { batch_size: 'year', begin: '2023-06-01' }, {}, 3, '2025-01-01T00/2026-01-01T00'],
  ])('%s', (_, config, more, count, last) => {
    const batches = print(config, more);
    expect([batches.length, batches.at(-1)]).toEqual([count, last]);
  });

  it.each([
    ['no begin', { begin: null }],
    ['a begin that is no date', { begin: 'yesterday' }],
    ['a size nobody knows', { batch_size: 'week' }],
    ['too many batches', { batch_size: 'hour', begin: '1900-01-01' }],
  ])('are refused with %s', (_, config) => {
    expect(() => print(config, {})).toThrow(expect.objectContaining({ code: 'targets.bad-config' }));
  });

  it('are stretches of time without their end', () => {
    const [first] = planBatches(node({}), times({}));
    expect(first && inBatch('ts', first)).toBe(
      "ts >= '2025-01-01 00:00:00+00:00' and ts < '2025-01-02 00:00:00+00:00'",
    );
  });
});
