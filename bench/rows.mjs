/** Generated rows: the same for the same arguments. */

const columns = [
  'i as id',
  "'name ' || (hash(i) % 100000) as name",
  '(hash(i + 1) % 1000)::integer as quantity',
  '((hash(i + 2) % 1000000) / 100)::decimal(12,2) as price',
  '(hash(i + 3) % 1000) / 7.0 as ratio',
  'hash(i) % 2 = 0 as flag',
  "date '2024-01-01' + (i % 365)::integer as day",
  "(timestamp '2024-01-01' + interval (i) second)::timestamptz as at",
  "'city ' || (hash(i + 4) % 300) as city",
  'if(i % 10 = 0, null, i * 3) as parent_id',
  'md5(i::varchar) as token',
  '(hash(i + 5) % 90)::smallint as age',
];

/** SQL for `count` rows of twelve columns, with ids from 0 in order, `step` apart. */
export function wideRows(count, step = 1) {
  return `select ${columns.join(', ')} from (select r * ${step} as i from range(${count}) t(r))`;
}
