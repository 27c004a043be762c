// SimpleSAMLphp as a municipality's identity provider: user list, persistent NameID, signed and
// encrypted assertions. Version 1.19 encrypts with AES-CBC, whatever the other side prefers.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKeyPair } from '../support/keys.mjs';
import { answers, freePort, start } from '../support/processes.mjs';

export const PROGRAM = '/usr/share/simplesamlphp';

/**
 * Starts one at `host`. `users` maps a user name to `{ password, attributes }`; the NameID is the
 * attribute `nameIdAttribute`. Trusts every service whose metadata is laid into `trusted`.
 */
export async function startSimpleSamlPhp({ name, work, logs, host, users, nameIdAttribute, encryptAssertions = true }) {
  const { home, cert, metadata, trusted, sessions, base, port } = await layOut({ name, work, logs, host, roles: { 'enable.saml20-idp': true } });
  const entityId = `${base}/idp`;
  const signing = await newKeyPair(cert, 'signing');

  writeFileSync(join(home, 'authsources.php'), php('config', {
    people: Object.fromEntries([
      ['0', 'exampleauth:UserPass'],
      ...Object.entries(users).map(([login, { password, attributes }]) => [`${login}:${password}`, attributes]),
    ]),
  }));

  writeFileSync(join(metadata, 'saml20-idp-hosted.php'), `<?php\n$metadata['${entityId}'] = ${literal({
    host: '__DEFAULT__',
    privatekey: signing.key,
    certificate: signing.certificate,
    auth: 'people',
    'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'saml20.sign.response': true,
    'saml20.sign.assertion': true,
    'sign.logout': true,
    'validate.logout': true,
    'assertion.encryption': encryptAssertions,
    'attributes.NameFormat': 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    authproc: {
      3: { class: 'saml:AttributeNameID', attribute: nameIdAttribute, Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
    },
  })};\n`);

  const server = await serve({ name, logs, home, sessions, host, port, base });
  return { ...server, base, entityId, trusted, signing, metadata: async () => signedUp(`${base}/saml2/idp/metadata.php`) };
}

/** An installation of its own: folders and the settings that both roles share. */
export async function layOut({ name, work, logs, host, roles }) {
  const home = join(work, name);
  const [cert, metadata, trusted, sessions, temporary] = ['cert', 'metadata', 'trusted', 'sessions', 'tmp'].map((folder) => {
    const path = join(home, folder);
    mkdirSync(path, { recursive: true });
    return path;
  });
  const port = await freePort(host);
  const base = `http://${host}:${port}`;
  writeFileSync(join(home, 'config.php'), php('config', {
    baseurlpath: `${base}/`,
    certdir: `${cert}/`,
    loggingdir: `${logs}/`,
    datadir: `${home}/`,
    tempdir: temporary,
    metadatadir: metadata,
    attributenamemapdir: `${PROGRAM}/attributemap/`,
    timezone: 'Europe/Copenhagen',
    secretsalt: 'only-for-tests-of-one-run',
    'auth.adminpassword': 'only-for-tests-of-one-run',
    'admin.checkforupdates': false,
    'logging.handler': 'file',
    'logging.logfile': `${name}.simplesaml.log`,
    'logging.level': 7,
    showerrors: true,
    ...roles,
    'module.enable': { exampleauth: true, core: true, saml: true },
    'session.cookie.secure': false,
    'session.cookie.samesite': 'Lax',
    'session.phpsession.savepath': sessions,
    'session.phpsession.cookiename': `Simple_${name}`,
    'session.cookie.name': `SimpleID_${name}`,
    'session.authtoken.cookiename': `SimpleToken_${name}`,
    'language.default': 'da',
    'language.available': ['da', 'en'],
    'store.type': 'phpsession',
    'theme.use': 'default',
  }) + `$config['metadata.sources'] = array_merge([['type' => 'flatfile']],
  array_map(fn ($file) => ['type' => 'xml', 'file' => $file], glob('${trusted}/*.xml')));\n`);
  return { home, cert, metadata, trusted, sessions, base, port };
}

/** Starts it; `router` is a script that sees each request first. */
export function serve({ name, logs, home, sessions, host, port, base, router = [] }) {
  return start(name, 'php', [
    '-d', 'display_errors=0', '-d', 'log_errors=1', '-d', 'error_reporting=E_ALL & ~E_DEPRECATED', '-d', `session.save_path=${sessions}`,
    '-S', `${host}:${port}`, '-t', `${PROGRAM}/www`, ...router,
  ], { logs, ready: answers(`${base}/index.php`), env: { SIMPLESAMLPHP_CONFIG_DIR: home } });
}

/** What it says about itself at `url`. */
export async function signedUp(url) {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok || !text.includes('EntityDescriptor')) throw new Error(`no metadata at ${url}: ${response.status}\n${text.slice(0, 500)}`);
  return text;
}

/** A file of settings. */
export function php(variable, value) {
  return `<?php\n$${variable} = ${literal(value)};\n`;
}

function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `[${Object.entries(value).map(([key, item]) => `${/^\d+$/.test(key) ? key : literal(key)} => ${literal(item)}`).join(', ')}]`;
  }
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  return String(value);
}
