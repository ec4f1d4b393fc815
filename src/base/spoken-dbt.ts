/** Which dbt we speak: what projects may require, what artifacts and logs name. */

/** The dbt-core whose project format, templates and artifacts these are. */
export const dbtVersion: string = '1.11.16';

/** The dbt-duckdb whose configuration and macros these are. */
export const adapterVersion: string = '1.11.1';
