/**
 * The files that AWS's tools keep settings and keys in.
 *
 * Their format looks like INI, but a value may hold `#` and `;`, and a section's name dots: only lines are looked at.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A profile's settings, by lower-case names. */
export type AwsProfile = ReadonlyMap<string, string>;

/** Where the files are, and which profile is wanted. */
export interface AwsFilesInput {
  readonly env: NodeJS.ProcessEnv;
  /** Options by canonical names, the environment's among them. */
  readonly named: ReadonlyMap<string, string>;
}

/** The name of the wanted profile, and whether anybody has asked for it by name. */
export function profileName({ env, named }: AwsFilesInput): {
  readonly name: string;
  readonly isAsked: boolean;
} {
  const asked = named.get('profile') || env['AWS_DEFAULT_PROFILE'];
  return { name: asked || 'default', isAsked: Boolean(asked) };
}

/** The settings of every profile in both files; those of the credentials file win. A file that is missing is empty. */
export function readAwsProfiles({ env, named }: AwsFilesInput): ReadonlyMap<string, AwsProfile> {
  const folder = join(env['HOME'] || env['USERPROFILE'] || homedir(), '.aws');
  const profiles = new Map<string, Map<string, string>>();
  const add = (name: string, settings: AwsProfile): void => {
    profiles.set(name, new Map([...(profiles.get(name) ?? []), ...settings]));
  };
  for (const [section, settings] of sectionsOf(read(named.get('config_file') || join(folder, 'config')))) {
    const name = section === 'default' ? section : /^profile\s+(.+)$/.exec(section)?.[1]?.trim();
    if (name !== undefined) add(name, settings);
  }
  const credentials = named.get('shared_credentials_file') || join(folder, 'credentials');
  for (const [section, settings] of sectionsOf(read(credentials))) add(section, settings);
  return profiles;
}

/** The sections of such a file's text. Settings nested below another are left out. Pure. */
export function sectionsOf(text: string): ReadonlyMap<string, AwsProfile> {
  const sections = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const section = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) {
      current = sections.get(section) ?? new Map<string, string>();
      sections.set(section, current);
      continue;
    }
    const [, key, value] = /^([^\s=][^=]*?)\s*=\s*(.*?)(?:\s+[#;].*)?\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && value !== '') current?.set(key.toLowerCase(), value);
  }
  return sections;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
