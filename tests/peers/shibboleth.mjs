// Shibboleth SP as a service: scoped values, encrypted assertions, logout in both directions and
// by both ways.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sofie } from './people.mjs';
import { assertLoggedOut, logInAt, logOutAtPortner, protectedPage, receiptIn } from './sessions.mjs';
import { received } from './software/apache.mjs';
import { startShibboleth } from './software/shibboleth.mjs';
import { attachSamlService, readAnew } from './support/attach.mjs';
import { Browser } from './support/browser.mjs';
import { responseTo } from './support/messages.mjs';

const HOST = '127.0.0.20';

/** Attaches it, logs in and out. */
export async function checkShibboleth(report, world) {
  report.section('Shibboleth SP');
  const { portner, learning } = world;
  let campus;

  await report.check('it fetches our signed metadata, and is attached while Portner runs by its own', async () => {
    campus = await startShibboleth({ ...world.folders, host: HOST, idpMetadata: `${portner.origin}/saml/metadata`, metadataSigner: portner.certificate('metadata') });
    await attachSamlService(world, 'campus', await campus.metadata(), `
name = "Campus"
start_url = "${campus.base}/received"
face = "eduperson"

[saml]
encrypt = "assertion"
`);
  });

  await report.check('login with encrypted assertions; its policy lets our scoped values pass', async () => {
    const browser = new Browser();
    const values = received(await browser.visit(protectedPage(campus), sofie), /./);
    assert.equal(values.Shib_Identity_Provider, `${portner.origin}/saml/metadata`);
    assert.match(values.eppn, /^[\w.-]+@portner\.example$/);
    assert.match(values.pairwise_id, /^[\w=-]+@portner\.example$/);
    assert.match(values.subject_id, /^[\w=-]+@portner\.example$/);
    assert.deepEqual(values.affiliation?.split(';').sort(), ['member@portner.example', 'student@portner.example']);
    assert.equal(values.REMOTE_USER, values.eppn);
    assert.ok(!Object.values(values).some((value) => value.includes(sofie.cpr)), 'the CPR number went along');
    assert.match(responseTo(browser, campus.base), /EncryptedAssertion/);
  });

  await report.check('it asks for logout and waits for no answer: the receipt names the others', async () => {
    const browser = await both(campus, world);
    const { lists } = receiptIn(await browser.visit(campus.logout));
    assert.deepEqual(Object.values(lists), [['Lillekøbing Kommune', 'Læringsportalen']]);
    await assertOver(browser, world, campus);
  });

  await report.check('it asks and waits for the answer: the user is back', async () => {
    const browser = await both(campus, world);
    const end = await browser.visit(campus.logoutAndBack);
    assert.equal(end.url, campus.goodbye, browser.story());
    await assertOver(browser, world, campus);
  });

  await report.check('the user asks, and it hears by SOAP', async () => {
    const browser = await both(campus, world);
    const { lists } = receiptIn(await logOutAtPortner(browser, world));
    assert.deepEqual(Object.values(lists), [['Campus', 'Lillekøbing Kommune', 'Læringsportalen']]);
    assert.ok(!browser.history.some(({ url }) => url.includes('/Shibboleth.sso/SLO/')), 'it was called, not visited');
    await assertOver(browser, world, campus);
  });

  for (const [binding, taken] of [['HTTP-Redirect', ['SOAP']], ['HTTP-POST', ['SOAP', 'HTTP-Redirect']]]) {
    await report.check(`another client asks, and it hears by ${binding}`, async () => {
      await withoutLogoutBy(world, 'campus', taken);
      const browser = await both(campus, world);
      await browser.visit(`${learning.redirectUri}?logout=${encodeURIComponent(learning.goodbye)}`);
      assert.equal(browser.history.at(-1).url.split('?')[0], learning.goodbye, browser.story());
      assert.ok(browser.history.some(({ url }) => url.includes(`/Shibboleth.sso/SLO/${binding.slice('HTTP-'.length)}`)), browser.story());
      await assertOver(browser, world, campus);
    });
  }
}

async function both(campus, { learning }) {
  const browser = new Browser();
  await logInAt(browser, sofie, [campus, learning]);
  return browser;
}

function assertOver(browser, world, campus) {
  return assertLoggedOut(browser, world, [campus, world.learning], sofie);
}

/** Takes these bindings of logout out of the service's metadata. */
async function withoutLogoutBy(world, name, bindings) {
  const file = join(world.portner.home, 'metadata/services', `${name}.xml`);
  const fewer = bindings.reduce((xml, binding) => xml.replaceAll(new RegExp(`<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}"[^>]*>`, 'g'), ''), readFileSync(file, 'utf8'));
  writeFileSync(file, fewer);
  await readAnew(world);
}
