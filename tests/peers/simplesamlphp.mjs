// SimpleSAMLphp as a service: signed requests, encrypted assertions, logout in both directions.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sofie } from './people.mjs';
import { assertLoggedOut, logInAt, protectedPage } from './sessions.mjs';
import { startSimpleSamlPhpService } from './software/simplesamlphp-sp.mjs';
import { attachSamlService } from './support/attach.mjs';
import { Browser } from './support/browser.mjs';
import { responseTo } from './support/messages.mjs';

const HOST = '127.0.0.21';

/** Attaches it, logs in and out. */
export async function checkSimpleSamlPhpService(report, world) {
  report.section('SimpleSAMLphp as a service');
  const { portner, learning } = world;
  let club;

  await report.check('it is attached while Portner runs, by the metadata that it makes itself', async () => {
    club = await startSimpleSamlPhpService({ name: 'club', ...world.folders, host: HOST, idpEntityId: `${portner.origin}/saml/metadata`, idpMetadata: readFileSync(world.portnerMetadata, 'utf8') });
    await attachSamlService(world, 'club', await club.metadata(), `
name = "Fritidsklubben"
start_url = "${club.base}/received"
release = "learning"

[saml]
encrypt = "assertion"
`);
  });

  await report.check('login with an encrypted assertion', async () => {
    const browser = new Browser();
    const page = await browser.visit(protectedPage(club), sofie);
    const { nameId, format, attributes } = jsonIn(page);
    assert.ok(nameId.length > 20 && nameId !== sofie.uniId, nameId);
    assert.match(format, /nameid-format:persistent$/);
    assert.deepEqual(attributes['dk:unilogin:uniid'], [sofie.uniId]);
    assert.ok(!page.html.includes(sofie.cpr) && !page.html.includes(sofie.familyName), 'more than the rule says');
    assert.match(responseTo(browser, club.base), /EncryptedAssertion/);
  });

  await report.check('it asks for logout: the others, and the upstream, are out too', async () => {
    const browser = await both(club, world);
    const end = await browser.visit(club.logout);
    assert.equal(end.url, club.goodbye, browser.story());
    await assertOver(browser, world, club);
  });

  await report.check('another client asks, and it hears by HTTP-Redirect', async () => {
    const browser = await both(club, world);
    const end = await browser.visit(`${learning.redirectUri}?logout=${encodeURIComponent(learning.goodbye)}`);
    assert.equal(end.url.split('?')[0], learning.goodbye, browser.story());
    await assertOver(browser, world, club);
  });
}

async function both(club, { learning }) {
  const browser = new Browser();
  await logInAt(browser, sofie, [club, learning]);
  return browser;
}

function assertOver(browser, world, club) {
  return assertLoggedOut(browser, world, [club, world.learning], sofie);
}

function jsonIn({ status, url, html }) {
  assert.equal(status, 200, `${url.split('?')[0]}: ${html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 600)}`);
  return JSON.parse(html);
}
