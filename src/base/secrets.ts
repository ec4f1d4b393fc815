/** Values that must never be shown: in a message, a log, an artifact. */

/** What a secret's characters are shown as; dbt's own spelling. */
export const secretMask = '*****';

/**
 * The secrets seen in this process, and text without them.
 *
 * One instance for the process (`secrets`), because an error can surface anywhere. Short values
 * are not registered: masking every `1` would hide more than it protects.
 */
export class SecretRegistry {
  readonly #values = new Set<string>();

  /**
   * From now on `value` is masked, also as it stands in JSON, in a SQL literal, in a URL, and line by line.
   * Values under four characters are left as they are.
   */
  add(value: string): void {
    for (const form of formsOf(value)) {
      if (form.length >= 4) this.#values.add(form);
    }
  }

  /** Whether UTF-8 text may hold a registered secret or a signature. */
  isIn(text: Uint8Array): boolean {
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    return [...this.#values, 'ignature='].some((value) => bytes.includes(value));
  }

  /** `text` with every registered secret masked, longest first, and the signatures of requests and presigned URLs. */
  scrub(text: string): string {
    let clean = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) {
      if (clean.includes(value)) clean = clean.split(value).join(secretMask);
    }
    return clean.includes('ignature=') ? clean.replace(signature, `$1${secretMask}`) : clean;
  }
}

/** Whoever has a signature can do what was signed, for as long as it lasts. */
const signature = /((?:X-(?:Amz|Goog)-)?Signature=)[0-9A-Za-z%+/=_-]{16,}/gi;

/** How `value` may be spelt in what is printed. Lines of a key are masked alone, for texts are indented. */
function formsOf(value: string): readonly string[] {
  const lines = value.includes('\n') ? value.split(/\r?\n/).map((line) => line.trim()) : [];
  const whole = [
    value,
    JSON.stringify(value).slice(1, -1),
    value.replaceAll("'", "''"),
    encodeURIComponent(Buffer.from(value).toString()),
  ];
  return [...whole, ...lines.filter((line) => line.length >= 8 && !line.startsWith('-----'))];
}

/** The process's registry: `profiles.yml` and `env_var('DBT_ENV_SECRET_…')` add to it, every output scrubs. */
export const secrets: SecretRegistry = new SecretRegistry();

/** From now on the values of `DBT_ENV_SECRET…` variables, and of those that stores' credentials are in, are masked. */
export function keepSecrets(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if ((name.startsWith('DBT_ENV_SECRET') || ofStores.has(name.toUpperCase())) && value !== undefined)
      secrets.add(value);
  }
}

const ofStores: ReadonlySet<string> = new Set([
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
]);
