/** Points in time as people write them. */

/**
 * Milliseconds since 1970 of a Date, of milliseconds, or of ISO 8601 text, which means UTC unless it names a zone;
 * undefined when it is none of them. Pure.
 */
export function pointInTimeMs(given: Date | number | string): number | undefined {
  const timeMs =
    given instanceof Date ? given.getTime() : typeof given === 'number' ? given : Date.parse(withZone(given));
  return Number.isFinite(timeMs) ? timeMs : undefined;
}

function withZone(text: string): string {
  const plain =
    /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i.exec(
      text.trim(),
    );
  if (plain === null) return text.trim();
  const [, day, time, zone = 'Z'] = plain;
  return `${day}T${time}${/^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone}`;
}
