/**
 * Credentials from wherever this machine has them, asked for once and again before they run out.
 *
 * The order is that of AWS's tools: a profile that is asked for by name, a web identity, the default profile, the
 * container, the machine. The first that is set up is the one: when it fails, its error is told and no other is tried.
 */
import { type BoathouseError, type Clock, systemClock } from '../../../base/index.ts';
import { profileName } from './aws-files.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { containerCredentials, instanceCredentials, type MachineInput } from './machine.ts';
import { profileCredentials } from './profile.ts';
import { assumeRoleWithToken } from './sts.ts';

/** What a chain works with. */
export interface ChainInput extends MachineInput {
  /** The error when there are none anywhere. */
  readonly missing: () => BoathouseError;
  readonly clock?: Clock;
}

/** A source of credentials that looks everywhere. */
export function credentialChain(input: ChainInput): CredentialSource {
  const clock = input.clock ?? systemClock;
  let held: Credentials | undefined;
  let from = 'none';
  let asking: Promise<Credentials> | undefined;
  const askAnew = async (): Promise<Credentials> => {
    for (const [name, provide] of providers(input)) {
      const found = await provide();
      if (found === undefined) continue;
      from = name;
      held = found;
      return found;
    }
    throw input.missing();
  };
  const isFresh = ({ expiresAtMs }: Credentials, spareMs: number): boolean =>
    expiresAtMs === undefined || expiresAtMs - clock.nowMs() > spareMs;
  return {
    get name() {
      return from;
    },
    get: async () => {
      if (held !== undefined && isFresh(held, refreshBeforeMs)) return held;
      asking ??= askAnew().finally(() => {
        asking = undefined;
      });
      const before = held;
      try {
        return await asking;
      } catch (error) {
        // What is still good is used: whoever hands them out may be away for a moment.
        if (before !== undefined && isFresh(before, 0)) return before;
        throw error;
      }
    },
    forget: () => {
      const had = held !== undefined;
      held = undefined;
      return had;
    },
  };
}

type Provider = readonly [name: string, provide: () => Promise<Credentials | undefined>];

function providers(input: MachineInput): readonly Provider[] {
  const { named, env } = input;
  const { name, isAsked } = profileName(input);
  const profile: Provider = [`profile ${name}`, () => profileCredentials(input)];
  const webIdentity: Provider = [
    'web identity',
    async () => {
      const tokenFile = named.get('web_identity_token_file');
      const roleArn = named.get('role_arn');
      if (!tokenFile || !roleArn) return undefined;
      const role = {
        roleArn,
        sessionName: named.get('role_session_name'),
        region: named.get('region'),
        endpoint: named.get('endpoint_url_sts'),
        caFile: named.get('ca_file'),
        env,
      };
      return await assumeRoleWithToken(role, tokenFile);
    },
  ];
  const machine: Provider[] = [
    ['container', () => containerCredentials(input)],
    ['instance', () => instanceCredentials(input)],
  ];
  return isAsked ? [profile] : [webIdentity, profile, ...machine];
}

const refreshBeforeMs = 300_000;
