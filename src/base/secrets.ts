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

  /** From now on `value` is masked. Values under four characters are left as they are. */
  add(value: string): void {
    if (value.length >= 4) this.#values.add(value);
  }

  /** `text` with every registered secret masked, longest first. */
  scrub(text: string): string {
    let clean = text;
    for (const value of [...this.#values].sort((a, b) => b.length - a.length)) {
      if (clean.includes(value)) clean = clean.split(value).join(secretMask);
    }
    return clean;
  }
}

/** The process's registry: `profiles.yml` and `env_var('DBT_ENV_SECRET_…')` add to it, every output scrubs. */
export const secrets: SecretRegistry = new SecretRegistry();
