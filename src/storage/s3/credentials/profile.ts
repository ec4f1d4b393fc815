/** Credentials of a profile in AWS's files: keys, a program, or a role on top of another profile. */
import { exec } from 'node:child_process';
import { secrets } from '../../../base/index.ts';
import { type AwsProfile, profileName, readAwsProfiles } from './aws-files.ts';
import { parseCredentialReply } from './credential-reply.ts';
import type { Credentials } from './credentials.ts';
import { credentialErrors } from './errors.ts';
import { containerCredentials, instanceCredentials, type MachineInput } from './machine.ts';
import { assumeRole, assumeRoleWithToken, type RoleInput } from './sts.ts';

/** The wanted profile's; undefined when there is no such profile, or nothing about credentials in it. @throws storage.credentials-failed */
export async function profileCredentials(input: MachineInput): Promise<Credentials | undefined> {
  const { name, isAsked } = profileName(input);
  const profiles = readAwsProfiles(input);
  if (!profiles.has(name)) {
    if (!isAsked) return undefined;
    const known = [...profiles.keys()].join(', ') || 'none';
    throw failed(name, `there is no such profile in AWS's files (known: ${known})`);
  }
  const found = await credentialsOfProfile(name, profiles, input, []);
  if (found === undefined && isAsked) throw failed(name, 'neither keys nor a role nor a program are in it');
  return found;
}

async function credentialsOfProfile(
  name: string,
  profiles: ReadonlyMap<string, AwsProfile>,
  input: MachineInput,
  above: readonly string[],
): Promise<Credentials | undefined> {
  const profile = profiles.get(name);
  if (profile === undefined) throw failed(above.at(-1) ?? name, `its source_profile ${name} is not there`);
  const roleArn = profile.get('role_arn');
  // A profile may be its own source: then its keys are meant.
  const isOwnSource = above.at(-1) === name;
  if (roleArn !== undefined && !isOwnSource) {
    if (above.includes(name)) throw failed(name, 'its source_profile leads back to itself');
    const role: RoleInput = {
      roleArn,
      sessionName: profile.get('role_session_name'),
      externalId: profile.get('external_id'),
      region: input.named.get('region') ?? profile.get('region'),
      endpoint: input.named.get('endpoint_url_sts'),
      caFile: input.named.get('ca_file') ?? profile.get('ca_bundle'),
      env: input.env,
    };
    const tokenFile = profile.get('web_identity_token_file');
    if (tokenFile !== undefined) return await assumeRoleWithToken(role, tokenFile);
    const source = profile.get('source_profile');
    const by =
      source === undefined
        ? await credentialsFrom(profile.get('credential_source'), input)
        : await credentialsOfProfile(source, profiles, input, [...above, name]);
    if (by === undefined)
      throw failed(name, 'its role needs a source_profile or credential_source with keys');
    return await assumeRole(role, by);
  }
  const accessKeyId = profile.get('aws_access_key_id');
  const secretAccessKey = profile.get('aws_secret_access_key');
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const sessionToken = profile.get('aws_session_token');
    secrets.add(secretAccessKey);
    if (sessionToken !== undefined) secrets.add(sessionToken);
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  const command = profile.get('credential_process');
  if (command !== undefined)
    return parseCredentialReply(await run(command, name, input.env), `profile ${name}`);
  if (profile.has('sso_session') || profile.has('sso_start_url')) {
    throw failed(
      name,
      'it signs in with SSO, which is not done here: use `aws configure export-credentials` as its credential_process',
    );
  }
  return undefined;
}

async function credentialsFrom(
  source: string | undefined,
  input: MachineInput,
): Promise<Credentials | undefined> {
  switch (source?.toLowerCase()) {
    case 'environment': {
      const accessKeyId = input.env['AWS_ACCESS_KEY_ID'];
      const secretAccessKey = input.env['AWS_SECRET_ACCESS_KEY'];
      const sessionToken = input.env['AWS_SESSION_TOKEN'];
      if (!accessKeyId || !secretAccessKey) return undefined;
      return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    }
    case 'ecscontainer':
      return await containerCredentials(input);
    case 'ec2instancemetadata':
      return await instanceCredentials(input);
    default:
      return undefined;
  }
}

/** What the program prints. Its words on standard error are for the user, but may hold anything: they aren't repeated. */
function run(command: string, name: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    exec(command, { env, timeout: 60_000, maxBuffer: 1 << 20 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else
        reject(failed(name, `its credential_process ended with ${error.code ?? error.signal ?? 'an error'}`));
    });
  });
}

function failed(name: string, problem: string): Error {
  return credentialErrors['credentials-failed']({ source: `profile ${name}`, problem });
}
