/** Stretches of time that rows are read of: a batch of a microbatch model, `--sample`. Pure. */

/** A stretch of time, its end not included. */
export interface TimeWindow {
  readonly start: Date;
  readonly end: Date;
}

/** Whether `field` lies in the window, as dbt writes it. Pure. */
export function inWindow(field: string, { start, end }: TimeWindow): string {
  return `${field} >= '${printTime(start)}' and ${field} < '${printTime(end)}'`;
}

function printTime(time: Date): string {
  const [whole = '', fraction = ''] = time.toISOString().slice(0, -1).replace('T', ' ').split('.');
  return `${whole}${Number(fraction) === 0 ? '' : `.${fraction}000`}+00:00`;
}
