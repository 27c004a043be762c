// A service on @node-saml/node-saml: one protected page, the address for answers, its metadata.
// Run as a program of its own with its settings as one JSON argument:
// { "host", "port", "key", "certificate", "idpCertificate", "entryPoint", "idp" }

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { SAML, generateServiceProviderMetadata } = createRequire(join(process.env.PORTNER_PEERS_DIR ?? '/tmp/portner-peers', 'package.json'))('@node-saml/node-saml');

const settings = JSON.parse(process.argv[2]);
const base = `http://${settings.host}:${settings.port}`;
const [key, certificate] = [settings.key, settings.certificate].map((file) => readFileSync(file, 'utf8'));
const options = {
  issuer: `${base}/sp`,
  callbackUrl: `${base}/acs`,
  entryPoint: settings.entryPoint,
  idpIssuer: settings.idp,
  idpCert: settings.idpCertificate,
  privateKey: key,
  publicCert: certificate,
  decryptionPvk: key,
  signatureAlgorithm: 'sha256',
  digestAlgorithm: 'sha256',
  wantAuthnResponseSigned: true,
  wantAssertionsSigned: true,
  validateInResponseTo: 'always',
  identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  // Otherwise it insists on a password over TLS and nothing else.
  disableRequestedAuthnContext: true,
};
const saml = new SAML(options);

createServer(async (request, response) => {
  try {
    await serve(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error));
  }
}).listen(settings.port, settings.host);

async function serve(request, response) {
  const path = request.url.split('?')[0];
  if (path === '/metadata') {
    const metadata = generateServiceProviderMetadata({ ...options, publicCerts: certificate, decryptionCert: certificate });
    response.writeHead(200, { 'content-type': 'application/samlmetadata+xml' }).end(metadata);
  } else if (path === '/received') {
    response.writeHead(302, { location: await saml.getAuthorizeUrlAsync('', settings.host, {}) }).end();
  } else if (path === '/acs') {
    const form = new URLSearchParams(await bodyOf(request));
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: form.get('SAMLResponse') });
    const { nameID, nameIDFormat, issuer, attributes } = profile;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ nameId: nameID, format: nameIDFormat, issuer, attributes }));
  } else {
    response.writeHead(404).end();
  }
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
