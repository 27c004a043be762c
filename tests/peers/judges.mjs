// Independent judges of what Portner sends: samael (a service provider in Rust that shares
// nothing with it), xmlsec1 (signatures, decryption) and the schemas of SAML 2.0.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sofie } from './people.mjs';
import { Browser } from './support/browser.mjs';

const SCHEMAS = '/usr/share/xml/opensaml';

const SAML_NAMESPACE = {
  'saml-schema-protocol-2.0.xsd': 'urn:oasis:names:tc:SAML:2.0:protocol',
  'saml-schema-metadata-2.0.xsd': 'urn:oasis:names:tc:SAML:2.0:metadata',
};

// Where the schemas of SAML say that those of W3C are, and where Debian has them.
const W3C = {
  'http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd': 'xmldsig-core-schema.xsd',
  'http://www.w3.org/TR/xmldsig-core/xmldsig-core-schema.xsd': 'xmldsig-core-schema.xsd',
  'http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd': 'xenc-schema.xsd',
  'http://www.w3.org/2001/xml.xsd': 'xml.xsd',
};

/** Lets each of them judge one login and one forgery. */
export async function checkJudgements(report, world) {
  report.section('Independent judges');
  let login;

  await report.check('samael accepts a login that it asked for', async () => {
    login = await loginAt(world);
    const { status, stdout, stderr } = samael('receive', world, login.id, login.response);
    assert.equal(status, 0, stderr);
    const accepted = JSON.parse(stdout);
    assert.equal(accepted.issuer, metadataEntity(world));
    assert.deepEqual(accepted.attributes['dk:unilogin:uniid'], [sofie.uniId]);
    assert.deepEqual(accepted.attributes['dk:unilogin:aktoergruppe'], [sofie.group]);
    assert.equal(accepted.attributes['dk:gov:saml:attribute:CprNumberIdentifier'], undefined);
    assert.ok(accepted.name_id && accepted.name_id !== sofie.uniId, `NameID is ${accepted.name_id}`);
  });

  await report.check('samael refuses the same login with another UNI-ID', () => {
    const xml = xmlOf(login);
    const forged = xml.replaceAll(sofie.uniId, 'rekt0001');
    assert.notEqual(forged, xml);
    const { status } = samael('receive', world, login.id, Buffer.from(forged).toString('base64'));
    assert.notEqual(status, 0);
  });

  await report.check('samael refuses an answer to another request', () => {
    assert.ok(login, 'there was no login');
    assert.notEqual(samael('receive', world, 'id-1', login.response).status, 0);
  });

  await report.check('xmlsec1 confirms both signatures', () => {
    const file = keep(world, 'response.xml', xmlOf(login));
    const signatures = [...xmlOf(login).matchAll(/<(?:\w+:)?(Response|Assertion)\b[^>]*\bID="([^"]+)"/g)];
    assert.deepEqual(signatures.map(([, element]) => element), ['Response', 'Assertion']);
    const certificate = signingCertificate(world);
    for (const [, element] of signatures) {
      const xpath = `//*[local-name()='${element}']/*[local-name()='Signature']`;
      judged('xmlsec1', ['--verify', '--enabled-reference-uris', 'same-doc', '--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:protocol:Response', '--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion', '--pubkey-cert-pem', certificate, '--node-xpath', xpath, file]);
    }
  });

  await report.check('xmlsec1 decrypts what mod_auth_mellon got; it names the identity provider that vouched', () => {
    assert.ok(world.sofieAtPlatform, 'there was no login at the platform');
    const file = keep(world, 'encrypted.xml', Buffer.from(world.sofieAtPlatform.MELLON_SAML_RESPONSE, 'base64').toString());
    const open = judged('xmlsec1', ['--decrypt', '--privkey-pem', world.platform.pair.key, file]);
    assert.match(open, new RegExp(`<(\\w+:)?AuthenticatingAuthority>${world.lillekoebing.entityId}<`));
    assert.match(open, new RegExp(`<(\\w+:)?Audience>${world.platform.entityId}<`));
  });

  await report.check('responses and metadata follow the schemas', () => {
    assertValid(world, 'saml-schema-protocol-2.0.xsd', keep(world, 'response.xml', xmlOf(login)));
    assertValid(world, 'saml-schema-metadata-2.0.xsd', world.portnerMetadata);
  });
}

/** Logs in at the service that samael plays; the request's id, and the response as it was posted. */
export async function loginAt(world) {
  const { status, stdout, stderr } = samael('request', world);
  assert.equal(status, 0, stderr);
  const { url, id } = JSON.parse(stdout);
  const browser = new Browser();
  // Nobody listens there: the message is taken from the form.
  const page = await browser.visit(url, { ...sofie, until: ({ html }) => html.includes('name="SAMLResponse"') && html.includes(world.judge.acsUrl) });
  const response = page.html.match(/name="SAMLResponse"[^>]*value="([^"]+)"/)?.[1] ?? page.html.match(/value="([^"]+)"[^>]*name="SAMLResponse"/)?.[1];
  assert.ok(response, `no SAML response for samael:\n${browser.story()}`);
  return { id, response };
}

function samael(act, { portnerMetadata, judge }, id, input) {
  const words = [act, portnerMetadata, judge.entityId, judge.acsUrl, ...(id ? [id] : [])];
  return spawnSync(process.env.SAMAEL_SP, words, { input, encoding: 'utf8' });
}

function xmlOf(login) {
  assert.ok(login, 'there was no login');
  return Buffer.from(login.response, 'base64').toString();
}

/** Writes a file for a judge to read. */
export function keep({ folders }, name, text) {
  const file = join(folders.work, name);
  writeFileSync(file, text);
  return file;
}

function metadataEntity({ portnerMetadata }) {
  return readFileSync(portnerMetadata, 'utf8').match(/entityID="([^"]+)"/)[1];
}

/** The certificate that Portner's identity provider role names for signing, as a PEM file. */
export function signingCertificate(world) {
  const metadata = readFileSync(world.portnerMetadata, 'utf8');
  const role = metadata.match(/<(?:\w+:)?IDPSSODescriptor\b[\s\S]*?<\/(?:\w+:)?IDPSSODescriptor>/)[0];
  const base64 = role.match(/X509Certificate>\s*([\s\S]*?)\s*</)[1].replace(/\s+/g, '');
  return keep(world, 'portner.pem', `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`);
}

/** Fails where the file does not follow the schema of SAML by this name. */
export function assertValid(world, schema, file) {
  const entries = Object.entries(W3C).map(([uri, name]) => `<system systemId="${uri}" uri="file:///usr/share/xml/xmltooling/${name}"/>`);
  const catalogue = keep(world, 'catalogue.xml', `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">${entries.join('')}</catalog>`);
  // What stands in places for anything must be known too.
  const imports = [
    [SAML_NAMESPACE[schema], join(SCHEMAS, schema)],
    ['http://www.w3.org/2009/xmlenc11#', '/usr/share/xml/xmltooling/xenc11-schema.xsd'],
  ].map(([namespace, place]) => `<xs:import namespace="${namespace}" schemaLocation="file://${place}"/>`);
  const together = keep(world, 'schemas.xsd', `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${imports.join('')}</xs:schema>`);
  judged('xmllint', ['--noout', '--nonet', '--schema', together, file], { XML_CATALOG_FILES: catalogue });
}

/** What a judge prints; fails where it objects. */
export function judged(command, words, env = {}) {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', env: { ...process.env, ...env } });
  assert.equal(status, 0, `${command}: ${stderr}`);
  return stdout;
}
