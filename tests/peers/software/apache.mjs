// Apache with mod_auth_mellon (a SAML service) and mod_auth_openidc (an OpenID Connect client).
// Each protected address answers with the environment that the module gave it.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKeyPair } from '../support/keys.mjs';
import { answers, freePort, start } from '../support/processes.mjs';

const MODULES = '/usr/lib/apache2/modules';

/** Makes keys and metadata for a mellon service that will live at `host:port` under `path`. */
export async function prepareMellon({ work, host, port, path, encryption = true, nameId = 'persistent' }) {
  const name = path.slice(1).replaceAll('/', '-');
  const folder = join(work, `mellon-${name}`);
  mkdirSync(folder, { recursive: true });
  const pair = await newKeyPair(folder, name);
  chmodSync(pair.key, 0o644); // read at each request, by the account that Apache runs as
  const base = `http://${host}:${port}${path}`;
  const entityId = `${base}/mellon/metadata`;
  const key = (use) => `<KeyDescriptor use="${use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${pair.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`;
  const metadata = `<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}" validUntil="${new Date(Date.now() + 30 * 86_400_000).toISOString()}">
  <SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    ${key('signing')}${encryption ? key('encryption') : ''}
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${base}/mellon/logout"/>
    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:${nameId}</NameIDFormat>
    <AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${base}/mellon/postResponse"/>
  </SPSSODescriptor>
</EntityDescriptor>
`;
  const metadataFile = join(folder, 'metadata.xml');
  writeFileSync(metadataFile, metadata);
  return { path, base, origin: `http://${host}:${port}`, entityId, metadata, metadataFile, pair, url: `${base}/` };
}

/**
 * Starts Apache at `host:port`.
 * `mellons`: what {@link prepareMellon} made, each with `idpMetadata` (a file).
 * `clients`: OpenID Connect clients `{ port, discovery, clientId, clientSecret, scope, extra }`, a port each.
 */
export async function startApache({ work, logs, host, port, mellons, clients }) {
  const root = join(work, 'apache');
  const received = writeReceived(root);
  writeFileSync(join(root, 'goodbye'), 'Farvel\n'); // where a logout ends; nobody asks for a login there

  const modules = ['mpm_prefork', 'authn_core', 'authz_core', 'authz_user', 'alias', 'cgi', 'env', 'auth_mellon', 'auth_openidc'];
  const configuration = `
ServerRoot "${root}"
PidFile "${root}/pid"
DefaultRuntimeDir "${root}"
Mutex file:${root} default
ServerName ${host}
${[port, ...clients.map((client) => client.port)].map((number) => `Listen ${host}:${number}`).join('\n')}
${modules.map((module) => `LoadModule ${module}_module ${MODULES}/mod_${module}.so`).join('\n')}
StartServers 1
MinSpareServers 1
MaxRequestWorkers 8
ErrorLog "${logs}/apache-error.log"
LogLevel info auth_mellon:debug auth_openidc:info
DocumentRoot "${root}"
<Directory />
  AllowOverride None
</Directory>
<Directory "${root}">
  Require all granted
</Directory>
${process.getuid() === 0 ? 'User nobody\nGroup nogroup' : ''}
MellonCacheSize 20
MellonLockFile "${root}/mellon.lock"

<VirtualHost ${host}:${port}>
${mellons.map((mellon) => mellonLocation(mellon, received)).join('\n')}
</VirtualHost>
${clients.map((client) => clientHost(client, host, received)).join('\n')}
`;
  const file = join(root, 'apache.conf');
  writeFileSync(file, configuration);
  const server = await start('apache', 'apache2', ['-f', file, '-DFOREGROUND'], { logs, ready: answers(`http://${host}:${port}/`) });
  return { ...server, errorLog: join(logs, 'apache-error.log') };
}

/** A program below `root` that answers with its environment. */
export function writeReceived(root) {
  mkdirSync(join(root, 'cgi'), { recursive: true });
  const received = join(root, 'cgi', 'received');
  // NUL-separated, because values may hold line ends.
  writeFileSync(received, "#!/bin/sh\nprintf 'Content-Type: application/octet-stream\\r\\n\\r\\n'\nexec env -0\n");
  chmodSync(received, 0o755);
  return received;
}

/** A port for each of `count` hosts of this Apache. */
export async function freePorts(host, count) {
  const ports = [];
  while (ports.length < count) {
    const port = await freePort(host);
    if (!ports.includes(port)) ports.push(port);
  }
  return ports;
}

/** What the protected address answered: the module's variables as an object. */
export function received(page, known = /^(MELLON|OIDC|REMOTE_USER)/) {
  if (page.status !== 200 || !page.html.includes('\0')) {
    throw new Error(`the service showed no attributes but ${page.status} at ${page.url.split('?')[0]}`);
  }
  return Object.fromEntries(page.html.split('\0').filter(Boolean).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  }).filter(([name]) => known.test(name)));
}

function mellonLocation({ path, metadataFile, pair, idpMetadata, extra = '' }, cgi) {
  return `
ScriptAlias ${path}/received "${cgi}"
<Location ${path}>
  MellonEnable auth
  AuthType Mellon
  Require valid-user
  MellonEndpointPath ${path}/mellon
  MellonSPMetadataFile "${metadataFile}"
  MellonSPPrivateKeyFile "${pair.key}"
  MellonSPCertFile "${pair.certificate}"
  MellonIdPMetadataFile "${idpMetadata}"
  MellonVariable ${path.slice(1).replaceAll('/', '-')}
  MellonSecureCookie Off
  MellonUser NAME_ID
  MellonSamlResponseDump On
  MellonSignatureMethod rsa-sha256
  MellonEnvVarsSetCount On
  ${extra}
</Location>`;
}

function clientHost({ port, discovery, clientId, clientSecret, scope = 'openid', extra = '' }, host, cgi) {
  return `
<VirtualHost ${host}:${port}>
  ScriptAlias /protected/received "${cgi}"
  OIDCProviderMetadataURL ${discovery}
  OIDCClientID ${clientId}
  OIDCClientSecret ${clientSecret}
  OIDCRedirectURI http://${host}:${port}/protected/callback
  OIDCCryptoPassphrase only-for-tests-of-one-run
  OIDCCookie session_${port}
  OIDCStateCookiePrefix state_${port}_
  OIDCResponseType code
  OIDCScope "${scope}"
  OIDCPKCEMethod S256
  OIDCRemoteUserClaim sub
  OIDCPassIDTokenAs claims payload serialized
  OIDCPassUserInfoAs claims json
  OIDCPassClaimsAs environment
  OIDCSSLValidateServer Off
  ${extra}
  <Location /protected>
    AuthType openid-connect
    Require valid-user
  </Location>
</VirtualHost>`;
}
