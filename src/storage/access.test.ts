import { describe, expect, it } from 'vitest';
import { s3SecretFor, storageAccess } from './access.ts';

const none = { secrets: [], settings: {}, storageOptions: {} };

describe('what a profile says about storage', () => {
  it('gives the seed of a MinIO profile as options, its spellings of false included', () => {
    const options = {
      region: 'ap-southeast-1',
      key_id: 'key',
      secret: 'hidden',
      endpoint: '192.0.2.7:9000',
      url_style: 'path',
      use_ssl: 'false',
    };
    const access = storageAccess({ ...none, secrets: [{ type: 's3', options }] });
    expect(access.optionsFor('s3://bucket/landing')).toEqual({
      access_key_id: 'key',
      secret_access_key: 'hidden',
      region: 'ap-southeast-1',
      endpoint_url: 'http://192.0.2.7:9000',
      url_style: 'path',
      use_ssl: 'false',
    });
    expect(access.optionsFor('/data/lake')).toEqual({});
  });

  it.each([
    ['minio.home:9000', undefined, 'https://minio.home:9000'],
    ['minio.home:9000', false, 'http://minio.home:9000'],
    ['minio.home:9000', 'true', 'https://minio.home:9000'],
    ['https://minio.home:9000', false, 'https://minio.home:9000'],
    ['http://minio.home', true, 'http://minio.home'],
  ])('makes of the endpoint %s and use_ssl %s the URL %s', (endpoint, useSsl, url) => {
    const options = { endpoint, ...(useSsl === undefined ? {} : { use_ssl: useSsl }) };
    const access = storageAccess({ ...none, secrets: [{ type: 's3', options }] });
    expect(access.optionsFor('s3a://b/x')['endpoint_url']).toBe(url);
  });

  it('takes the secret with the longest scope, and one without a scope for the rest', () => {
    const secret = (name: string, scope?: string | string[]) => ({
      type: 's3',
      scope,
      options: { key_id: name },
    });
    const access = storageAccess({
      ...none,
      secrets: [secret('any'), secret('bucket', 's3://b'), secret('deep', ['s3://b/deep', 's3a://c/'])],
    });
    const keyOf = (uri: string) => access.optionsFor(uri)['access_key_id'];
    expect(['s3://x/1', 's3://b/1', 's3://b/deep/1', 's3://c/1'].map(keyOf)).toEqual([
      'any',
      'bucket',
      'deep',
      'deep',
    ]);
  });

  it('knows the older settings, and lets the options of the lake win', () => {
    const access = storageAccess({
      secrets: [],
      settings: { s3_endpoint: 'host:1', s3_use_ssl: false, s3_access_key_id: 'old', threads: 4 },
      storageOptions: { access_key_id: 'own' },
      caFile: '/ca.pem',
    });
    expect(access.optionsFor('s3://b')).toEqual({
      endpoint_url: 'http://host:1',
      use_ssl: 'false',
      access_key_id: 'own',
      ca_file: '/ca.pem',
    });
  });
});

describe('the secret for httpfs', () => {
  it('takes the endpoint apart as DuckDB wants it', () => {
    expect(
      s3SecretFor('s3://lake', {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9000/',
        AWS_ACCESS_KEY_ID: 'k',
        AWS_SECRET_ACCESS_KEY: 's',
        AWS_REGION: 'eu',
        AWS_ALLOW_HTTP: 'true',
      }),
    ).toEqual({
      type: 's3',
      scope: 's3://lake',
      options: {
        key_id: 'k',
        secret: 's',
        region: 'eu',
        endpoint: '127.0.0.1:9000',
        url_style: 'path',
        use_ssl: false,
      },
    });
    expect(
      s3SecretFor('s3://b', { endpoint: 'https://h', allow_invalid_certificates: 'true' }).options,
    ).toEqual({
      endpoint: 'h',
      url_style: 'path',
      use_ssl: true,
      verify_ssl: false,
    });
    expect(s3SecretFor('s3://b', { region: 'eu' }).options).toEqual({ region: 'eu' });
  });
});
