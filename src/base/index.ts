/** What every layer may use: errors, promises about our own code, time, retries, JSON, secrets. */
export * from './assert.ts';
export * from './background.ts';
export * from './clock.ts';
export * from './errors.ts';
export * from './json.ts';
export * from './make-folder.ts';
export * from './nearest.ts';
export * from './process-mark.ts';
export * from './retry.ts';
export * from './secrets.ts';
export * from './spoken-dbt.ts';
