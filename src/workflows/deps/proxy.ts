/** Which proxy a request goes through, by the variables that curl, Python and most others read. Pure. */
import { secrets } from '../../base/index.ts';

/** A proxy that is spoken to over plain HTTP. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** `Proxy-Authorization`. */
  readonly login: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The proxy for `url`; undefined: none. Throws a plain error for a proxy that isn't http. */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const scheme = url.protocol.slice(0, -1);
  const given = read(env, `${scheme}_proxy`) ?? read(env, 'all_proxy');
  if (given === undefined || isExempt(url, read(env, 'no_proxy') ?? '')) return undefined;
  const text = given.includes('://') ? given : `http://${given}`;
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:')
    throw new TypeError(`the proxy that ${scheme.toUpperCase()}_PROXY names is not an http:// one`);
  const proxy = new URL(text);
  const [user, password] = [decodeURIComponent(proxy.username), decodeURIComponent(proxy.password)];
  if (password !== '') secrets.add(password);
  const login = user === '' ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return {
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    login,
  };
}

/** In small letters first, as curl has it: HTTP_PROXY in capitals can be a header of a CGI request. */
function read(env: Env, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80')))
        return false;
      const bare = name.replace(/^\*?\./, '');
      return host === bare || host.endsWith(`.${bare}`);
    });
}
