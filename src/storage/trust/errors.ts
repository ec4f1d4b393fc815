/** What can be wrong with a list of certificate authorities. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-ca-file': ErrorKind<{ file: string; problem: string }>;
};

const kinds: Kinds = {
  'bad-ca-file': {
    message: (d) => `the certificate authorities in ${d.file} can't be read: ${d.problem}`,
    hint: () =>
      'ca_file, AWS_CA_BUNDLE, SSL_CERT_FILE and NODE_EXTRA_CA_CERTS name a PEM file: text with -----BEGIN CERTIFICATE----- in it.',
    httpStatus: 400,
  },
};

/** The errors of trust. */
export const trustErrors: ErrorsOf<Kinds> = defineErrors('storage', kinds);
