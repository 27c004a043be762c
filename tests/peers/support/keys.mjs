// Throw-away key pairs for the peers, made by openssl.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';

/** A new RSA key with a self-signed certificate: `{ key, certificate }` as file names, and the certificate's base64. */
export async function newKeyPair(folder, name) {
  const key = join(folder, `${name}.key`);
  const certificate = join(folder, `${name}.crt`);
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate]);
  const base64 = readFileSync(certificate, 'ascii').replace(/-----[^-]+-----/g, '').replace(/\s+/g, '');
  return { key, certificate, base64 };
}
