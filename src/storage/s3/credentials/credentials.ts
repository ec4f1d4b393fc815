/** What a request to AWS or one of its kind is signed with. */

/** A key and its secret. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they run out; undefined for those that don't. */
  readonly expiresAtMs?: number;
}

/** Where credentials come from. */
export interface CredentialSource {
  /** What gave them: `options`, `environment`, `profile minio`, … */
  readonly name: string;
  /** Good ones, asked for anew before they run out. @throws storage.no-credentials, storage.bad-credentials */
  get(): Promise<Credentials>;
  /** The store refused what `get` gave: the next `get` asks anew. Says whether that can help. */
  forget(): boolean;
}

/** Credentials that never change. */
export function fixedCredentials(name: string, credentials: Credentials): CredentialSource {
  return { name, get: async () => credentials, forget: () => false };
}
