import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { engineSecret, type FlatSecret } from './engine-access.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a profile’s secret as httpfs takes it', () => {
  const config = join(folder, 'credentials');
  writeFileSync(config, '[team]\naws_access_key_id = AKTEAM\naws_secret_access_key = hidden-of-team\n');
  const env = {
    HOME: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_CONFIG_FILE: '/nonexistent',
  };
  const keys = { AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 'hidden-of-env' };
  const chain = { type: 's3', name: 'lake', provider: 'credential_chain', scope: 's3://lake' };

  it.each([
    [
      'has no file of certificates in it, which DuckDB knows as a setting only',
      { type: 's3', key_id: 'K', secret: 'hidden', endpoint: 'minio.home', ca_file: '/ca.pem' },
      {},
      { type: 's3', key_id: 'K', secret: 'hidden', endpoint: 'minio.home', region: 'us-east-1' },
    ],
    [
      'has the keys that the chain comes to, which no extension has to look for',
      { ...chain, endpoint: 'https://minio.home:9000', region: 'eu-west-1' },
      keys,
      {
        ...{ type: 's3', name: 'lake', scope: 's3://lake' },
        ...{ key_id: 'AKENV', secret: 'hidden-of-env', region: 'eu-west-1' },
        ...{ endpoint: 'minio.home:9000', use_ssl: true, url_style: 'path' },
      },
    ],
    [
      'has those of the named profile',
      { ...chain, profile: 'team' },
      {},
      { type: 's3', key_id: 'AKTEAM', secret: 'hidden-of-team', name: 'lake', scope: 's3://lake' },
    ],
    [
      'stays for the extension where the chain comes to nothing here',
      { ...chain, chain: 'sso' },
      {},
      { ...chain, chain: 'sso' },
    ],
    [
      'stays as it is when it is for something else',
      { type: 'http', ca_file: '/x' },
      {},
      { type: 'http', ca_file: '/x' },
    ],
  ] as [string, FlatSecret & Record<string, unknown>, Record<string, string>, Record<string, unknown>][])(
    '%s',
    async (_, secret, more, wanted) => {
      const made = await engineSecret(secret, { ...env, ...more });
      const said = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
      expect(said).toEqual(expect.objectContaining(wanted));
      if (secret.type === 's3') expect(said).not.toHaveProperty('ca_file');
    },
  );
});
