/** Numbers and sizes as people read them. Pure. */

/** `1 file`, `2 files`; from four digits on with commas. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : `${noun}s`}`;
}

/** `812 bytes`, `1.4 kB`, `3.2 GB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return counted(bytes, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes / 1000;
  let unit = 0;
  for (; size >= 999.95 && unit < units.length - 1; unit += 1) size /= 1000;
  return `${size.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `2026-01-31 12:05:09Z`: a point in time, to the second. */
export function timeText(time: Date): string {
  return time
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}
