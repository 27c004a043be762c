// Every SAML message that Portner has sent in this run, whatever the scenario: each kind follows
// the schemas of SAML 2.0, and every signature stands before a judge that is not Portner. So does
// its metadata; and all of it again under a P-256 key.
//
// RSA-PSS is judged by openssl in tests/xml/judges.rs: the xmlsec1 of Debian 12 does not know it.

import assert from 'node:assert/strict';
import { X509Certificate, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { assertValid, judged, keep, loginAt } from './judges.mjs';
import { startPortner } from './software/portner.mjs';
import { histories } from './support/browser.mjs';
import { forms } from './support/html.mjs';
import { run } from './support/processes.mjs';

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';
const KINDS = ['AuthnRequest', 'LogoutRequest', 'LogoutResponse', 'Response'];

/** Judges what the run has left behind, then changes the keys and judges again. */
export async function checkEmitted(report, world) {
  const { portner } = world;
  report.section('Everything that Portner signs');
  let messages = [];

  await report.check('every kind of message was sent, and each message follows the schema', () => {
    messages = histories.flatMap((history) => sentBy(portner.origin, history));
    for (const kind of KINDS) assert.ok(messages.some((message) => message.kind === kind), `no ${kind} was sent`);
    assert.ok(messages.some(({ binding, kind }) => binding === 'HTTP-POST' && kind === 'LogoutRequest'), 'no LogoutRequest by POST');
    for (const { xml } of oneOfEachShape(messages)) assertValid(world, 'saml-schema-protocol-2.0.xsd', keep(world, 'message.xml', xml));
    console.log(`        ${messages.length} messages, ${oneOfEachShape(messages).length} shapes`);
  });

  await report.check('messages by HTTP-Redirect are signed (RSA, judged by openssl)', () => {
    const signed = messages.filter(({ binding }) => binding === 'HTTP-Redirect');
    const certificates = certificatesOf(world, ['assertions', 'requests']);
    for (const { kind, octets, signature } of signed) {
      assert.ok(signature, `a ${kind} without a signature`);
      assert.ok(certificates.some(({ publicKey }) => verify('sha256', Buffer.from(octets), publicKey, signature)), `a ${kind} whose signature is nobody's`);
    }
  });

  await report.check('messages by HTTP-POST are signed (RSA, judged by xmlsec1)', () => {
    for (const { xml, kind } of oneOfEachShape(messages.filter(({ binding }) => binding === 'HTTP-POST'))) {
      const signed = [`${PROTOCOL}:${kind}`, `${ASSERTION}:Assertion`].filter((name) => isSigned(xml, name.split(':').at(-1)));
      // A service may want its assertion signed and nothing around it; what is encrypted is read in judges.mjs.
      assert.ok(signed.length > 0 || xml.includes('EncryptedAssertion'), `a ${kind} without a signature`);
      for (const name of signed) assertSigned(world, keep(world, 'message.xml', xml), name, ['assertions', 'requests']);
    }
  });

  await report.check('all of our metadata follows the schema and is signed', () => assertMetadata(world));

  await report.check('with P-256 keys: metadata, response and assertion, judged by xmlsec1', async () => {
    await world.process.stop();
    for (const name of ['assertions', 'metadata']) await newP256(world, name);
    world.process = await startPortner(portner, world.folders);
    await assertMetadata(world, 'ecdsa-sha256');
    const { response } = await loginAt(world);
    const xml = Buffer.from(response, 'base64').toString();
    assert.equal(xml.match(/xmldsig-more#ecdsa-sha256/g)?.length, 2, 'two signatures by the new key');
    const file = keep(world, 'message.xml', xml);
    assertValid(world, 'saml-schema-protocol-2.0.xsd', file);
    assertSigned(world, file, `${PROTOCOL}:Response`, ['assertions']);
    assertSigned(world, file, `${ASSERTION}:Assertion`, ['assertions']);
    const forged = keep(world, 'forged.xml', xml.replace('Elev<', 'Medarbejder<'));
    assert.throws(() => assertSigned(world, forged, `${ASSERTION}:Assertion`, ['assertions']));
  });
}

/** The SAML messages with which Portner sent this browser to others. */
function sentBy(origin, history) {
  return history.filter(({ url }) => url.startsWith(origin)).flatMap(({ url, headers, html }) => {
    const byRedirect = headers.location ? redirected(new URL(headers.location, url)) : [];
    // A form to itself brings a message of somebody else's to where the cookies are.
    const byPost = forms(html, url).filter(({ action }) => action.origin !== origin).flatMap(({ controls }) => controls
      .filter(({ name }) => /^SAML(Request|Response)$/.test(name))
      .map(({ value }) => message('HTTP-POST', Buffer.from(value, 'base64').toString())));
    return [...byRedirect, ...byPost].filter(({ xml }) => xml);
  });
}

function redirected({ search, searchParams }) {
  const word = ['SAMLRequest', 'SAMLResponse'].find((name) => searchParams.has(name));
  if (!word) return [];
  const xml = inflateRawSync(Buffer.from(searchParams.get(word), 'base64')).toString();
  const signature = searchParams.has('Signature') && Buffer.from(searchParams.get('Signature'), 'base64');
  const octets = search.slice(1).split('&').filter((pair) => /^(SAMLRequest|SAMLResponse|RelayState|SigAlg)=/.test(pair)).join('&');
  return [{ ...message('HTTP-Redirect', xml), signature, octets }];
}

function message(binding, xml) {
  return { binding, xml, kind: xml.match(/^<(?:\w+:)?(\w+)/)[1] };
}

/** One message of those that are alike but for what stands in them. */
function oneOfEachShape(messages) {
  const shapes = new Map(messages.map((message) => [`${message.binding} ${message.xml.replace(/"[^"]*"|>[^<]+</g, '')}`, message]));
  return [...shapes.values()];
}

function isSigned(xml, element) {
  return new RegExp(`<(\\w+:)?${element}\\b[^>]*><(\\w+:)?Issuer\\b[^>]*>[^<]*</(\\w+:)?Issuer><(\\w+:)?Signature\\b`).test(xml);
}

async function assertMetadata(world, algorithm = 'rsa-sha256') {
  for (const path of ['/saml/metadata', '/saml/metadata/lillekoebing', '/auth/realms/broker/protocol/saml-stil/descriptor']) {
    const xml = await (await fetch(`${world.portner.origin}${path}`)).text();
    assert.match(xml, new RegExp(`xmldsig-more#${algorithm}"`), path);
    const file = keep(world, 'metadata.xml', xml);
    assertValid(world, 'saml-schema-metadata-2.0.xsd', file);
    const root = xml.match(/<(?:\w+:)?(Entit(?:y|ies)Descriptor)/)[1];
    assertSigned(world, file, `urn:oasis:names:tc:SAML:2.0:metadata:${root}`, ['metadata']);
  }
}

/** xmlsec1 takes the signature of this element as made by one of these keys. */
function assertSigned(world, file, id, keys) {
  const xpath = `//*[local-name()='${id.split(':').at(-1)}']/*[local-name()='Signature']`;
  const verdicts = keys.map((key) => {
    const certificate = keep(world, `${key}.crt`, certificatesOf(world, [key])[0].toString());
    try {
      return judged('xmlsec1', ['--verify', '--enabled-reference-uris', 'same-doc', '--id-attr:ID', id, '--pubkey-cert-pem', certificate, '--enabled-key-data', 'key-name', '--node-xpath', xpath, file]);
    } catch (error) {
      return error;
    }
  });
  const refused = verdicts.find((verdict) => verdict instanceof Error);
  if (verdicts.every((verdict) => verdict instanceof Error)) throw refused;
}

function certificatesOf({ portner }, keys) {
  return keys.map((key) => new X509Certificate(portner.certificate(key)));
}

/** A new key in the place of the old one, as `openssl` makes it. */
async function newP256({ portner, folders }, name) {
  const [key, certificate] = ['key', 'crt'].map((ending) => join(folders.work, `p256-${name}.${ending}`));
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate]);
  writeFileSync(join(portner.home, 'keys', `${name}.pem`), readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
}
