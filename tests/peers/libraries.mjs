// Services that are built on a library: pysaml2 (Python) and node-saml (Node). Signed requests,
// and an encrypted assertion within a signed response.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sofie } from './people.mjs';
import { signingCertificate } from './judges.mjs';
import { attachSamlService } from './support/attach.mjs';
import { Browser } from './support/browser.mjs';
import { newKeyPair } from './support/keys.mjs';
import { responseTo } from './support/messages.mjs';
import { answers, freePort, start } from './support/processes.mjs';

const PYTHON = join(process.env.PORTNER_PEERS_DIR, 'python/bin/python');
const PROGRAMS = [
  { library: 'pysaml2', name: 'robots', title: 'Robotterne', host: '127.0.0.22', command: PYTHON, file: 'pysaml2-sp.py' },
  { library: 'node-saml', name: 'chess', title: 'Skakklubben', host: '127.0.0.23', command: process.execPath, file: 'node-saml-sp.mjs' },
];

/** Attaches each of them, logs in, and sees them object. */
export async function checkLibraries(report, world) {
  for (const program of PROGRAMS) await checkLibrary(report, world, program);
}

async function checkLibrary(report, world, program) {
  report.section(`A service on ${program.library}`);
  const idp = `${world.portner.origin}/saml/metadata`;
  let service;
  let answered;

  await report.check('it is attached while Portner runs, by the metadata that it makes itself', async () => {
    service = await startService(world, program, idp);
    await attachSamlService(world, program.name, await (await fetch(`${service.base}/metadata`)).text(), `
name = "${program.title}"
start_url = "${service.base}/received"
release = "school-day"

[saml]
requests = "signed"
encrypt = "assertion"
sign = "both"
`);
  });

  await report.check('login with a signed request and an encrypted assertion', async () => {
    const browser = new Browser();
    const page = await browser.visit(`${service.base}/received`, sofie);
    assert.equal(page.status, 200, `${browser.story()}\n${page.html.slice(0, 500)}`);
    const { nameId, format, issuer, attributes } = JSON.parse(page.html);
    assert.equal(issuer, idp);
    assert.ok(nameId.length > 20 && !nameId.includes(sofie.uniId), nameId);
    assert.equal(format, 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent');
    assert.deepEqual([attributes['dk:unilogin:uniid']].flat(), [sofie.uniId]);
    assert.deepEqual([attributes['urn:oid:2.5.4.42'] ?? attributes.givenName].flat(), [sofie.givenName]);
    assert.ok(!page.html.includes(sofie.cpr), 'the CPR number went along');
    answered = responseTo(browser, service.base);
    assert.match(answered, /EncryptedAssertion/);
    const asked = browser.history.map(({ url }) => new URL(url)).find(({ pathname, searchParams }) => pathname === '/saml/sso' && searchParams.has('SAMLRequest'));
    assert.ok(asked?.searchParams.has('Signature'), 'the request was not signed');
  });

  await report.check('it refuses the same answer a second time', async () => {
    assert.ok(answered, 'there was no login');
    const body = new URLSearchParams({ SAMLResponse: Buffer.from(answered).toString('base64') }).toString();
    const { status } = await new Browser().open(`${service.base}/acs`, { method: 'POST', body });
    assert.equal(status, 403);
  });
}

async function startService(world, { library, host, command, file }, idp) {
  const port = await freePort(host);
  const base = `http://${host}:${port}`;
  const { key, certificate } = await newKeyPair(world.folders.work, library);
  const settings = {
    host, port, key, certificate, idp,
    idp_metadata: world.portnerMetadata,
    idpCertificate: readFileSync(signingCertificate(world), 'utf8'),
    entryPoint: `${world.portner.origin}/saml/sso`,
  };
  const path = fileURLToPath(new URL(`software/${file}`, import.meta.url));
  await start(library, command, [path, JSON.stringify(settings)], { logs: world.folders.logs, ready: answers(`${base}/metadata`) });
  return { base };
}
