/** Numbers and sizes as people read them. Pure. */

/** `12,345`: a whole number as people read it. Asking Intl for it costs a short command ten milliseconds. */
export function withCommas(count: number): string {
  return Number.isInteger(count)
    ? String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
    : count.toLocaleString('en-US');
}

/** `1 file`, `2 files`; from four digits on with commas. */
export function counted(count: number, noun: string): string {
  return `${withCommas(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** `812 bytes`, `1.4 KiB`, `3.2 GiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return counted(bytes, 'byte');
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let size = bytes / 1024;
  let unit = 0;
  for (; size >= 1023.95 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${size.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `2026-01-31 12:05:09Z`: a point in time, to the second. */
export function timeText(time: Date): string {
  return time
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
