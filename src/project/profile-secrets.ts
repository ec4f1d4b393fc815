/** Finding what must never be shown in a rendered target. */
import { secrets } from '../base/index.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/** Registers every password-like value in `raw`, at any depth, with the process's `secrets`. */
export function registerSecrets(raw: PlainDict): void {
  visit(raw, undefined);
}

function visit(value: unknown, key: string | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, key);
  } else if (isPlainDict(value)) {
    for (const [name, item] of Object.entries(value)) visit(item, name);
  } else if (typeof value === 'string') {
    const lengthMin = key === undefined ? undefined : secretLengthMin(key);
    if (lengthMin !== undefined && value.length >= lengthMin) secrets.add(value);
    for (const match of value.matchAll(inConnectionText)) secrets.add(match[1] ?? match[2] ?? '');
  }
}

/**
 * From how many characters on the value of `key` is taken as a secret; undefined for keys that hold none.
 * Key ids are only half a secret, and short ones are often words that stand elsewhere.
 */
function secretLengthMin(key: string): number | undefined {
  if (secretKey.test(key)) return 5;
  return keyId.test(key) ? 16 : undefined;
}

const secretKey =
  /^(?:(?:.*_)?secret|(?:.*_)?secret_(?:access_)?key|account_key|private_key|connection_string|.*password|passwd|pass|.*token)$/i;
const keyId = /^(?:key_id|(?:.*_)?access_key_id|key)$/i;
/** `password=…` in a connection text, and `user:password@` in a URL. */
const inConnectionText = /password\s*=\s*'?([^\s';&]+)|:\/\/[^/\s:@]+:([^/\s@]+)@/gi;
