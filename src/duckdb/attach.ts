/** Further databases of a profile as ATTACH statements. */
import type { AttachSpec, OptionValue } from './options.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { optionSql } from './secrets.ts';

/** The statement that attaches `spec`. Pure. */
export function attachSql(spec: AttachSpec): string {
  const options: string[] = [];
  if (spec.type !== undefined && spec.type !== 'duckdb') options.push(`TYPE ${quoteIdentifier(spec.type)}`);
  if (spec.readOnly === true) options.push('READ_ONLY');
  if (spec.secret !== undefined) options.push(`SECRET ${quoteIdentifier(spec.secret)}`);
  for (const [key, value] of Object.entries(spec.options ?? {})) {
    options.push(`${quoteIdentifier(key)} ${attachOptionSql(value)}`);
  }
  const alias = spec.alias === undefined ? '' : ` AS ${quoteIdentifier(spec.alias)}`;
  const list = options.length === 0 ? '' : ` (${options.join(', ')})`;
  return `ATTACH IF NOT EXISTS ${quoteLiteral(spec.path)}${alias}${list}`;
}

/** dbt-duckdb leaves texts alone that come with quotes of their own. */
function attachOptionSql(value: OptionValue): string {
  const [text = ''] = (typeof value === 'string' && /^\s*(?:'.+'|".+")\s*$/s.exec(value)) || [];
  return text === '' ? optionSql(value) : text.trim();
}

/** The extension that attaching `spec` needs; undefined for DuckDB's own files. Pure. */
export function extensionOfAttach(spec: AttachSpec): string | undefined {
  const scheme = /^(sqlite|postgres|mysql|ducklake|md|motherduck):/i.exec(spec.path)?.[1]?.toLowerCase();
  const type = spec.type?.toLowerCase() ?? scheme;
  return type === undefined || type === 'duckdb' ? undefined : type;
}
