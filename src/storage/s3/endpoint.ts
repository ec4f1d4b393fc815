/** Where a bucket is asked for: host, port, protocol, and whether its name is in the host or the path. Pure. */
import { s3Errors } from './errors.ts';

/** An S3 interface. */
export interface Endpoint {
  readonly protocol: 'http:' | 'https:';
  /** Without the bucket. */
  readonly hostname: string;
  /** Undefined for the protocol's own. */
  readonly port: number | undefined;
  /** A path that comes before the bucket, without a slash at its end; '' as a rule. */
  readonly path: string;
  /** Whether the bucket's name goes before the host's. */
  readonly isVirtualHosted: boolean;
  /** Amazon's own, whose hosts have the region in their names. */
  readonly isAws: boolean;
  readonly isDualStack: boolean;
}

/** What is known of an endpoint. */
export interface EndpointParts {
  /** `https://minio.home:9000`, `minio.home:9000`, `minio.home`; Amazon's when left out. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly useSsl: boolean | undefined;
  readonly allowHttp: boolean | undefined;
  readonly virtualHosted: boolean | undefined;
  readonly isDualStack: boolean;
}

/** @throws storage.bad-option */
export function endpointOf(parts: EndpointParts): Endpoint {
  const { endpoint, region = 'us-east-1', isDualStack } = parts;
  if (endpoint === undefined) {
    const stack = isDualStack ? 's3.dualstack' : 's3';
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return {
      protocol: parts.useSsl === false ? 'http:' : 'https:',
      hostname: `${stack}.${region}.${domain}`,
      port: undefined,
      path: '',
      isVirtualHosted: parts.virtualHosted ?? true,
      isAws: true,
      isDualStack,
    };
  }
  const url = parse(endpoint, parts);
  const isAws = /(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(url.hostname);
  return {
    protocol: url.protocol === 'http:' ? 'http:' : 'https:',
    hostname: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    path: url.pathname.replace(/\/+$/, ''),
    isVirtualHosted: parts.virtualHosted ?? isAws,
    isAws,
    isDualStack,
  };
}

/** How the endpoint is shown: `https://minio.home:9000`. */
export function showEndpoint({ protocol, hostname, port, path }: Endpoint): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`;
}

/** The host and path of an object's or, with an empty key, a bucket's URL. The path is percent-encoded. */
export function targetOf(
  endpoint: Endpoint,
  bucket: string,
  key: string,
  region: string | undefined,
): { readonly hostname: string; readonly path: string } {
  // A certificate for `*.host` doesn't cover a bucket with a dot in its name, so that goes into the path.
  const inHost =
    endpoint.isVirtualHosted && bucket !== '' && !(endpoint.protocol === 'https:' && bucket.includes('.'));
  const hostname =
    endpoint.isAws && region !== undefined ? inRegion(endpoint.hostname, region) : endpoint.hostname;
  const encoded = key.split('/').map(encodeSegment).join('/');
  if (inHost) return { hostname: `${bucket}.${hostname}`, path: `${endpoint.path}/${encoded}` };
  const below = bucket === '' ? '/' : `/${encodeSegment(bucket)}${key === '' ? '' : `/${encoded}`}`;
  return { hostname, path: `${endpoint.path}${below}` };
}

/** Percent-encodes as signatures want it: everything but letters, digits and `-._~`. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function inRegion(hostname: string, region: string): string {
  return hostname.replace(
    /^s3\.(?:(dualstack)\.)?(?:[a-z0-9-]+\.)?amazonaws/,
    (_all, dual?: string) => `s3.${dual === undefined ? '' : `${dual}.`}${region}.amazonaws`,
  );
}

function parse(endpoint: string, { useSsl, allowHttp }: EndpointParts): URL {
  const problem = 'an endpoint is `https://host:port` or `host:port`';
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(endpoint) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    throw s3Errors['bad-option']({ option: 'endpoint', value: endpoint, problem });
  }
  const isPlain = useSsl === false || (useSsl === undefined && scheme === undefined && allowHttp === true);
  const text = scheme === undefined ? `${isPlain ? 'http' : 'https'}://${endpoint}` : endpoint;
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw s3Errors['bad-option']({ option: 'endpoint', value: endpoint, problem }, { cause });
  }
  if (url.protocol === 'http:' && (useSsl === true || allowHttp === false)) {
    const said = useSsl === true ? 'use_ssl is true' : 'allow_http is false';
    throw s3Errors['bad-option']({ option: 'endpoint', value: endpoint, problem: `it is http, and ${said}` });
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.hostname === '') {
    throw s3Errors['bad-option']({ option: 'endpoint', value: url.origin, problem });
  }
  return url;
}
