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

  /** Whether UTF-8 text holds a registered secret. */
  isIn(text: Uint8Array): boolean {
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    return [...this.#values].some((value) => bytes.includes(value));
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
