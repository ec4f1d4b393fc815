/**
 * Whom this process trusts to certify stores: Mozilla's roots, the system's, and the user's own.
 *
 * Each stack has its own habits. Node.js knows Mozilla's roots only, httpfs takes one file in the place of all others, and
 * the delta extension reads `SSL_CERT_FILE` alone. So there is one list, and one file with all of it.
 */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { s3Errors } from '../s3/errors.ts';
import { warnOfStorage } from '../warnings.ts';

/** Certificates that are trusted. */
export interface Trust {
  /** In PEM, for `node:tls`, where they take the place of the built-in ones. */
  readonly ca: readonly string[];
  /** Whether the user has named any, so that stacks with a list of their own have to be told. */
  readonly hasOwn: boolean;
  /** All of them in one file, in a private folder that goes with the process. Written when first asked for. */
  bundleFile(): string;
}

/** Where the user's own certificates are named. */
export interface TrustInput {
  /** By an option or a profile: these have to be there. */
  readonly caFiles: readonly (string | undefined)[];
  /** `AWS_CA_BUNDLE`, `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS` are read; what is missing there is warned of. */
  readonly env: NodeJS.ProcessEnv;
}

/** The certificates to trust. The same files are read once. @throws storage.bad-option for one that is no PEM */
export function trustOf({ caFiles, env }: TrustInput): Trust {
  const asked = [...new Set(caFiles)].filter(isGiven);
  const inherited = variables.map((name) => [name, usersOwn(name, env[name])] as const);
  const key = JSON.stringify([asked, inherited]);
  const known = trusts.get(key);
  if (known) return known;
  const own = asked.flatMap((file) => readCertificates(file));
  for (const [name, file] of inherited) if (isGiven(file)) own.push(...tryCertificates(name, file));
  const trust = trustIn(own);
  trusts.set(key, trust);
  return trust;
}

const variables = ['AWS_CA_BUNDLE', 'SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'] as const;
const trusts = new Map<string, Trust>();

function trustIn(own: readonly string[]): Trust {
  const ca = [...new Set([...own, ...systemCertificates(), ...rootCertificates.map((pem) => pem.trim())])];
  let file: string | undefined;
  return {
    ca,
    hasOwn: own.length > 0,
    bundleFile: () => {
      file ??= writeBundle(`${ca.join('\n')}\n`);
      return file;
    },
  };
}

function isGiven(file: string | undefined): file is string {
  return file !== undefined && file !== '';
}

/** What the user has put there: an extension may have been given our bundle by the same variable. */
function usersOwn(name: string, file: string | undefined): string | undefined {
  return file !== undefined && bundles.has(file) ? atStart[name] : file;
}

function readCertificates(file: string): readonly string[] {
  const refuse = (problem: string, cause?: unknown): Error =>
    s3Errors['bad-option'](
      { option: 'ca_file', value: file, problem },
      { cause, hint: 'It names a PEM file with the certificate of a CA: -----BEGIN CERTIFICATE-----.' },
    );
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const found = certificatesIn(text);
  if (found.length === 0) throw refuse('there is no PEM certificate in it');
  for (const [i, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw refuse(`certificate ${i + 1} in it is damaged`, cause);
    }
  }
  return found;
}

/** Other programs' variables may name what is gone: without those certificates less is trusted, never more. */
function tryCertificates(name: string, file: string): readonly string[] {
  try {
    return readCertificates(file);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    warnOfStorage('storage.bad-option', `${name}: ${problem}; it is left out`);
    return [];
  }
}

function certificatesIn(text: string): string[] {
  const blocks = text.match(
    /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g,
  );
  return (blocks ?? []).map((pem) => pem.replaceAll('\r', ''));
}

/** The first that is there of the places where systems keep theirs. */
function systemCertificates(): readonly string[] {
  system ??= readSystem();
  return system;
}

let system: readonly string[] | undefined;

function readSystem(): readonly string[] {
  for (const file of systemFiles) {
    try {
      return certificatesIn(readFileSync(file, 'utf8'));
    } catch {
      // Another system's place.
    }
  }
  return [];
}

const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

function writeBundle(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-trust-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, text, { mode: 0o600 });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  bundles.add(file);
  return file;
}

/** Every file that was written here. */
const bundles = new Set<string>();
const atStart: Readonly<Record<string, string | undefined>> = { ...process.env };
