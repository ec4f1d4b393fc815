/** `--sample`: the stretch of time that models read. Pure. */
import type { TimeWindow } from '../compiler/index.ts';
import { workflowErrors } from './errors.ts';

const grains = ['hour', 'day', 'month', 'year'] as const;

/**
 * The window that `text` asks for: `3 days` up to now, or `{'start': '2024-01-01', 'end': '2024-02-01'}`. As in dbt,
 * `3 days` begins with a whole day; times are UTC.
 *
 * @throws workflows.bad-sample
 */
export function parseSample(text: string, now: Date): TimeWindow {
  const given = text.trim();
  if (given.startsWith('{')) return { start: timeOf(given, 'start'), end: timeOf(given, 'end') };
  const [, count, word] = /^(\d+) (\w+)$/.exec(given) ?? [];
  const grain = grains.find((one) => one === word?.toLowerCase().replace(/s+$/, ''));
  if (count === undefined || grain === undefined) throw bad(text);
  return { start: floorBefore(now, grain, Number(count)), end: now };
}

function timeOf(text: string, key: string): Date {
  const pattern = new RegExp(`['"]?\\b${key}['"]?\\s*:\\s*['"]?([\\dT: .+-]+?)['"]?\\s*[,}]`);
  const [, value] = pattern.exec(text) ?? [];
  if (value === undefined) throw bad(text);
  const whole = value.includes(':') ? value.replace(' ', 'T') : `${value}T00:00:00`;
  const time = new Date(`${whole.replace(/(?:Z|[+-]\d{2}:?\d{2})$/, '')}Z`);
  if (Number.isNaN(time.getTime())) throw bad(text);
  return time;
}

function floorBefore(now: Date, grain: (typeof grains)[number], count: number): Date {
  const back = (of: (typeof grains)[number]): number => (of === grain ? count : 0);
  const isAt = grains.indexOf(grain);
  return new Date(
    Date.UTC(
      now.getUTCFullYear() - back('year'),
      isAt <= 2 ? now.getUTCMonth() - back('month') : 0,
      isAt <= 1 ? now.getUTCDate() - back('day') : 1,
      isAt <= 0 ? now.getUTCHours() - back('hour') : 0,
    ),
  );
}

function bad(text: string): Error {
  return workflowErrors['bad-sample']({ text });
}
