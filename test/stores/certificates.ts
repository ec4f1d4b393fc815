/** Certificates for servers on this machine: good ones of a private CA, and bad ones of each kind. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import forge from 'node-forge';

/** What a server shows its clients. */
export type CertificateKind = 'private-ca' | 'self-signed' | 'expired' | 'wrong-name';

/** Files of a certificate, absolute. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** What a client has to trust; for a self-signed one the certificate itself. */
  readonly caFile: string;
}

/** Writes a certificate of that kind to `folder`. */
export function makeCertificate(kind: CertificateKind, folder: string): CertificateFiles {
  mkdirSync(folder, { recursive: true });
  const files = {
    certFile: join(folder, 'public.crt'),
    keyFile: join(folder, 'private.key'),
    caFile: join(folder, 'ca.pem'),
  };
  const authority = certificate({ name: 'Boathouse Test CA', isAuthority: true });
  const isSelfSigned = kind === 'self-signed';
  const leaf = certificate({
    name: kind === 'wrong-name' ? 'elsewhere.example' : 'localhost',
    isAuthority: false,
    ...(isSelfSigned ? {} : { signedBy: authority }),
    isExpired: kind === 'expired',
    hasWrongName: kind === 'wrong-name',
  });
  writeFileSync(files.certFile, leaf.pem);
  writeFileSync(files.keyFile, leaf.keyPem, { mode: 0o600 });
  writeFileSync(files.caFile, isSelfSigned ? leaf.pem : authority.pem);
  return files;
}

interface Made {
  readonly pem: string;
  readonly keyPem: string;
  readonly cert: forge.pki.Certificate;
  readonly key: forge.pki.rsa.PrivateKey;
}

interface Wanted {
  readonly name: string;
  readonly isAuthority: boolean;
  readonly signedBy?: Made;
  readonly isExpired?: boolean;
  readonly hasWrongName?: boolean;
}

const dayMs = 86_400_000;

function certificate({ name, isAuthority, signedBy, isExpired, hasWrongName }: Wanted): Made {
  const keys = forge.pki.rsa.generateKeyPair({ bits: 2048 });
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(8))}`;
  cert.validity.notBefore = new Date(Date.now() - (isExpired ? 30 : 1) * dayMs);
  cert.validity.notAfter = new Date(Date.now() + (isExpired ? -1 : 30) * dayMs);
  const subject = [{ name: 'commonName', value: name }];
  cert.setSubject(subject);
  cert.setIssuer(signedBy?.cert.subject.attributes ?? subject);
  cert.setExtensions(
    isAuthority
      ? [
          { name: 'basicConstraints', cA: true, critical: true },
          { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
        ]
      : [
          // A self-signed leaf is its own authority to those who trust it.
          { name: 'basicConstraints', cA: signedBy === undefined },
          {
            name: 'keyUsage',
            digitalSignature: true,
            keyEncipherment: true,
            keyCertSign: signedBy === undefined,
          },
          { name: 'extKeyUsage', serverAuth: true },
          {
            name: 'subjectAltName',
            altNames: hasWrongName
              ? [{ type: 2, value: name }]
              : [
                  { type: 2, value: 'localhost' },
                  { type: 7, ip: '127.0.0.1' },
                ],
          },
        ],
  );
  cert.sign(signedBy?.key ?? keys.privateKey, forge.md.sha256.create());
  return {
    pem: forge.pki.certificateToPem(cert),
    keyPem: forge.pki.privateKeyToPem(keys.privateKey),
    cert,
    key: keys.privateKey,
  };
}
