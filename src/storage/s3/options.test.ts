import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Config } from './options.ts';

describe('the region', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'boathouse-home-'));
    mkdirSync(join(home, '.aws'));
    writeFileSync(
      join(home, '.aws/config'),
      '[default]\nregion = eu-west-1\n\n[profile far]\nregion = ap-southeast-2\n\n[profile none]\noutput = json\n',
    );
  });
  afterAll(() => rmSync(home, { recursive: true }));

  it.each([
    ['an option', { AWS_REGION: 'us-west-2' }, { AWS_REGION: 'eu-north-1' }, 'us-west-2'],
    ['the environment', {}, { AWS_REGION: 'eu-north-1' }, 'eu-north-1'],
    ['the older name in the environment', {}, { AWS_DEFAULT_REGION: 'eu-north-1' }, 'eu-north-1'],
    ['AWS’s files', {}, {}, 'eu-west-1'],
    ['the profile that is named', {}, { AWS_PROFILE: 'far' }, 'ap-southeast-2'],
    ['nowhere, for a profile without one', {}, { AWS_PROFILE: 'none' }, undefined],
    ['nowhere, for an endpoint of another store', { endpoint_url: 'https://minio.home:9000' }, {}, undefined],
  ])('comes from %s', (_, options, env, region) => {
    expect(s3Config(options, { HOME: home, ...env }).region).toBe(region);
  });
});
