/** What can go wrong while credentials are looked for. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../../base/index.ts';

type Kinds = {
  'credentials-failed': ErrorKind<{ source: string; problem: string }>;
};

const kinds: Kinds = {
  'credentials-failed': {
    message: (d) => `${d.source} gives no credentials: ${d.problem}`,
    hint: () =>
      'Mend it, or give other credentials: key_id and secret in the profile, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another AWS_PROFILE. `boathouse doctor` says which source is used.',
    sqlState: '28000',
    httpStatus: 401,
  },
};

/** The errors of credentials' sources. */
export const credentialErrors: ErrorsOf<Kinds> = defineErrors('storage', kinds);
