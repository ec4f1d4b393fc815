/** Secrets of a profile as SQL, and which extension a secret's type comes from. */
import { secrets as registry } from '../base/index.ts';
import type { OptionValue, SecretSpec } from './options.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/**
 * The statement that creates `secret`. Every text in it is registered with the process's secrets
 * first, so that no error shows it. Pure but for that.
 *
 * @param number counts from 1; names a secret without a name, as dbt-duckdb does.
 */
export function createSecretSql(secret: SecretSpec, number: number): string {
  const { type, name, provider, scope, persistent, ...given } = secret;
  const rest = /^s3$/i.test(type) ? withPlainEndpoint(given) : given;
  const options: string[] = [`TYPE ${quoteIdentifier(type)}`];
  if (provider !== undefined) options.push(`PROVIDER ${quoteIdentifier(provider)}`);
  if (scope !== undefined) {
    const scopes = typeof scope === 'string' ? [scope] : scope;
    options.push(`SCOPE ${scopes.length === 1 ? quoteLiteral(scopes[0] as string) : optionSql(scopes)}`);
  }
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (typeof value === 'string' && sensitive.test(key)) registry.add(value);
    options.push(`${quoteIdentifier(key)} ${optionSql(value)}`);
  }
  const kind = persistent === true ? 'PERSISTENT ' : '';
  return `CREATE OR REPLACE ${kind}SECRET ${quoteIdentifier(name ?? `_dbt_secret_${number}`)} (${options.join(', ')})`;
}

/**
 * httpfs wants the endpoint without its protocol, and `use_ssl` beside it; people write `https://minio.home:9000`. Pure.
 */
function withPlainEndpoint(
  options: Readonly<Record<string, OptionValue | undefined>>,
): Readonly<Record<string, OptionValue | undefined>> {
  const key = Object.keys(options).find((name) => name.toLowerCase() === 'endpoint');
  const [, scheme, place] =
    /^(https?):\/\/(.*?)\/*$/i.exec(String(key === undefined ? '' : options[key])) ?? [];
  if (key === undefined || scheme === undefined || place === undefined) return options;
  const others = Object.entries(options).filter(([name]) => name !== key && name.toLowerCase() !== 'use_ssl');
  const isStyled = others.some(([name]) => name.toLowerCase() === 'url_style');
  return {
    ...Object.fromEntries(others),
    endpoint: place,
    use_ssl: scheme.toLowerCase() === 'https',
    ...(isStyled ? {} : { url_style: 'path' }),
  };
}

/** An option's value as SQL: text quoted, a list as `[…]`, an object as `MAP {…}`. Pure. */
export function optionSql(value: OptionValue): string {
  if (typeof value === 'string') return quoteLiteral(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly OptionValue[]).map(optionSql).join(', ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${quoteLiteral(key)}: ${optionSql(item)}`);
  return `MAP {${entries.join(', ')}}`;
}

/** The extensions a secret needs before it can be created; none for types that are built in. Pure. */
export function extensionsOfSecret(secret: SecretSpec): readonly string[] {
  const own = extensionOfType[secret.type.toLowerCase()];
  const needed = own === undefined ? [] : [own];
  return secret.provider?.toLowerCase() === 'credential_chain' && own === 'httpfs'
    ? [...needed, 'aws']
    : needed;
}

const extensionOfType: Readonly<Record<string, string>> = {
  s3: 'httpfs',
  r2: 'httpfs',
  gcs: 'httpfs',
  http: 'httpfs',
  huggingface: 'httpfs',
  azure: 'azure',
  postgres: 'postgres_scanner',
  mysql: 'mysql_scanner',
  iceberg: 'iceberg',
  ducklake: 'ducklake',
  motherduck: 'motherduck',
};

const sensitive = /secret|password|token|key|credential|connection_string/i;
