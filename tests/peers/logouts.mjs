// Logout everywhere, begun at each kind of party: afterwards every protected page asks for a
// login anew, Portner asks who it is, and the upstream asks for the password.

import assert from 'node:assert/strict';
import { sofie } from './people.mjs';
import { assertKnown, assertLoggedOut, logInAt, logOutAtPortner, receiptIn } from './sessions.mjs';
import { Browser } from './support/browser.mjs';

const DONE = 'Du er også logget ud her:';
const ASKED = 'Disse tjenester har fået besked gennem din browser. De svarer ikke, om det lykkedes:';

/** Two SAML services, a client with a back channel, one with a front channel, an upstream. */
export async function checkLogouts(report, world) {
  const { timetable, canteen, learning, library, lillekoebing } = world;
  report.section('Logout everywhere');

  await report.check('mod_auth_mellon asks (SAML): mod_auth_openidc by back and front channel, the other service, SimpleSAMLphp', async () => {
    const browser = await everywhere(world);
    const goodbye = `${timetable.origin}/goodbye`;
    const receipt = await browser.visit(`${timetable.base}/mellon/logout?ReturnTo=${encodeURIComponent(goodbye)}`);
    // The client with a front channel alone is told by a frame of the receipt.
    const { lists, onward } = receiptIn(receipt);
    assert.deepEqual(lists, { [DONE]: ['Kantinen', 'Lillekøbing Kommune', 'Læringsportalen'], [ASKED]: ['Biblioteket'] });
    await browser.loadFrames(receipt);
    const end = await browser.open(onward, { from: receipt.url });
    assert.equal(end.url.split('?')[0], goodbye, browser.story());
    await assertOver(browser, world);
  });

  await report.check('mod_auth_openidc asks (OpenID Connect): both SAML services, the other client, SimpleSAMLphp', async () => {
    const browser = await everywhere(world);
    const receipt = await browser.visit(`${learning.redirectUri}?logout=${encodeURIComponent(learning.goodbye)}`);
    const { lists, onward } = receiptIn(receipt);
    assert.deepEqual(lists, { [DONE]: ['Kantinen', 'Lillekøbing Kommune', 'Læringsportalen', 'Skemaet'], [ASKED]: ['Biblioteket'] });
    await browser.loadFrames(receipt);
    assert.equal((await browser.open(onward, { from: receipt.url })).url.split('?')[0], learning.goodbye, browser.story());
    await assertOver(browser, world);
  });

  await report.check('SimpleSAMLphp asks (the upstream): every service', async () => {
    const browser = await everywhere(world, [timetable, canteen, learning]);
    const back = `${lillekoebing.base}/module.php/core/frontpage_welcome.php`;
    const end = await browser.visit(`${lillekoebing.base}/saml2/idp/initSLO.php?RelayState=${encodeURIComponent(back)}`);
    assert.equal(end.url, back, browser.story());
    await assertOver(browser, world, [timetable, canteen, learning]);
  });

  await report.check('the user asks, at Portner: the receipt says who is logged out', async () => {
    const browser = await everywhere(world);
    const receipt = await logOutAtPortner(browser, world);
    const { lists } = receiptIn(receipt);
    assert.deepEqual(lists, { [DONE]: ['Kantinen', 'Lillekøbing Kommune', 'Læringsportalen', 'Skemaet'], [ASKED]: ['Biblioteket'] });
    await browser.loadFrames(receipt);
    await assertOver(browser, world);
  });

  await report.check('a logout of one browser leaves the other one alone', async () => {
    const here = await everywhere(world, [timetable, learning]);
    const elsewhere = await everywhere(world, [timetable, learning]);
    await here.visit(`${learning.redirectUri}?logout=${encodeURIComponent(learning.goodbye)}`);
    await assertOver(here, world, [timetable, learning]);
    for (const service of [timetable, learning]) await assertKnown(elsewhere, service);
  });
}

async function everywhere(world, services = servicesOf(world)) {
  const browser = new Browser();
  await logInAt(browser, sofie, services);
  return browser;
}

function assertOver(browser, world, services = servicesOf(world)) {
  return assertLoggedOut(browser, world, services, sofie);
}

function servicesOf({ timetable, canteen, learning, library }) {
  return [timetable, canteen, learning, library];
}
