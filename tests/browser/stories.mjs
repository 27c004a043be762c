// Every story of the demo: in Chromium in both languages, on both screens, with a look at every
// page on the way; in Firefox once.

import assert from 'node:assert/strict';
import { SCREENS } from './browsers.mjs';
import { checkFaktor2 } from './faktor-2.mjs';
import { checkHelp } from './help.mjs';
import { lookAround } from './looks.mjs';
import { checkOwnPages } from './own.mjs';
import { checkPasswords } from './passwords.mjs';
import { complete } from './visitor.mjs';

/** The setting that is played last. */
const LAST = 'en-phone';
const LANGUAGES = { da: 'da-DK', en: 'en-GB' };

/** Plays them all and looks at the pages. */
export async function checkStories(report, { demo, browser, inspection }) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    for (const [screen, device] of Object.entries(SCREENS)) {
      const setting = `${language}-${screen}`;
      report.section(`Stories in Chromium, ${language === 'da' ? 'Danish' : 'English'}, ${screen}`);
      const newVisitor = (options) => browser.visitor({ ...device, locale, ...options });
      const look = async (page, as) => {
        await inspection.look(page, setting, as);
        await checkPage(page, demo, language);
      };
      await playStories(report, { demo, newVisitor, onPage: look });
      await lookAround(report, { demo, newVisitor, look });
      await checkHelp(report, { demo, newVisitor, look });
      await checkFaktor2(report, { demo, newVisitor, look, language });
      await checkOwnPages(report, { demo, newVisitor, look });
      await checkPasswords(report, { demo, newVisitor, look, language, isLast: setting === LAST });
      await report.check('no page of Portner was left out', () => assert.deepEqual(inspection.unseen(setting), []));
    }
  }

  report.section('Accessibility');
  await report.check(`no violations on ${inspection.pages} distinct pages`, () => {
    assert.ok(inspection.pages > 0, 'no page was looked at');
    assert.deepEqual(inspection.violations, []);
  });
}

/** Plays each once, each with a visitor of its own. */
export async function playStories(report, { demo, newVisitor, onPage }) {
  for (const user of demo.users) {
    await report.check(storyOf(user), () => newVisitor().then(({ page, close }) => close(async () => {
      await page.goto(serviceOf(demo, user).start_url);
      assertExpected(await complete(page, user, { onPage }), user);
    })));
  }
}

/** The service that a user's story is about. */
export function serviceOf(demo, { service }) {
  const found = demo.services.find(({ name }) => name === service);
  assert.ok(found, `the demo lists no service ${service}`);
  return found;
}

/** A user whose story ends at a service, in this protocol; `how` says more about the user. */
export function userWhoArrives(demo, protocol, how = () => true) {
  const found = demo.users.find((user) => !isRefusal(user.expect) && serviceOf(demo, user).protocol.toLowerCase() === protocol && how(user));
  assert.ok(found, `the demo has no such user who arrives at a service of protocol ${protocol}`);
  return found;
}

/** Whether Portner itself asks the user for the password. */
export function isCentral({ login, service }) {
  return !login.includes('@') && !service.includes('MitID');
}

/** Fails unless the story ended as the demo promised: with that subject, or that refusal code. */
export function assertExpected(outcome, user) {
  if (isRefusal(user.expect)) {
    assert.deepEqual(outcome, { kind: 'refused', code: user.expect });
  } else {
    assertArrived(outcome);
    assert.ok(JSON.stringify(outcome.data).includes(JSON.stringify(user.expect)), `${JSON.stringify(outcome.data)} does not name ${user.expect}`);
  }
}

/** Fails unless a service received somebody. */
export function assertArrived(outcome) {
  assert.equal(outcome.kind, 'received', `${outcome.kind} with ${outcome.code ?? JSON.stringify(outcome.data)}`);
}

function isRefusal(expect) {
  return /^UL-\d+$/.test(expect);
}

function storyOf(user) {
  return `${user.login || '(no name)'} → ${user.service}: ${isRefusal(user.expect) ? user.expect : 'arrives'}`;
}

/** Portner's own pages speak the visitor's language and fit on the screen. */
async function checkPage(page, demo, language) {
  if (new URL(page.url()).origin !== new URL(demo.broker).origin) return;
  const { lang, overflow } = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  assert.equal(lang.slice(0, 2), language, `the page at ${new URL(page.url()).pathname} is in another language`);
  assert.ok(overflow <= 1, `the page at ${new URL(page.url()).pathname} is ${overflow} px wider than the screen`);
}
