// Every story of the demo, in both languages, on both screens, with the accessibility rules.

import assert from 'node:assert/strict';
import { complete, settled } from './visitor.mjs';

const LANGUAGES = { da: 'da-DK', en: 'en-GB' };
const SCREENS = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

/** Plays them all. */
export async function checkStories(report, { demo, browser, inspection }) {
  for (const [language, locale] of Object.entries(LANGUAGES)) {
    for (const [screen, device] of Object.entries(SCREENS)) {
      const setting = `${language}-${screen}`;
      report.section(`Stories, ${language === 'da' ? 'Danish' : 'English'}, ${screen}`);
      const newVisitor = (options) => visitor(browser, { ...device, locale, ...options });
      const look = async (page) => {
        await inspection.look(page, setting);
        await checkPage(page, demo, language);
      };

      await report.check('the pages that nobody logs in at', () => newVisitor().then(({ page, close }) => close(async () => {
        for (const url of [demo.start, demo.broker, new URL('/support', demo.broker).href, new URL('/nowhere', demo.broker).href]) {
          await page.goto(url);
          await settled(page);
          await look(page);
        }
      })));

      await report.check('the list of every way to log in', () => newVisitor().then(({ page, close }) => close(async () => {
        await page.goto(serviceOf(demo, userWhoArrives(demo, 'saml')).start_url);
        await settled(page);
        await page.locator('main a[href$="/choose"]').click();
        await settled(page);
        await look(page);
      })));

      for (const user of demo.users) {
        await report.check(storyOf(user), () => newVisitor().then(({ page, close }) => close(async () => {
          await page.goto(serviceOf(demo, user).start_url);
          assertExpected(await complete(page, user, { onPage: look }), user);
        })));
      }

      for (const protocol of ['saml', 'oidc']) {
        await report.check(`pages that post themselves, ${protocol}`, () => newVisitor({ holdPosting: true }).then(({ page, close }) => close(async () => {
          const user = userWhoArrives(demo, protocol);
          assert.ok(user, `the demo has no user who arrives at a service of protocol ${protocol}`);
          await page.goto(serviceOf(demo, user).start_url);
          assertExpected(await complete(page, user, { onPage: look }), user);
        })));
      }
    }
  }

  report.section('Accessibility');
  await report.check(`no violations on ${inspection.pages} distinct pages`, () => {
    assert.ok(inspection.pages > 0, 'no page was looked at');
    assert.deepEqual(inspection.violations, []);
  });
}

/**
 * A fresh browser profile with one page; `close(act)` runs `act` and closes it. With `holdPosting`
 * the pages that post themselves stand still, to be looked at.
 */
export async function visitor(browser, { holdPosting = false, ...options } = {}) {
  const context = await browser.newContext({ locale: 'da-DK', viewport: SCREENS.desktop.viewport, bypassCSP: true, ignoreHTTPSErrors: true, ...options });
  context.standsStill = holdPosting || options.javaScriptEnabled === false;
  if (holdPosting) {
    await context.addInitScript(() => {
      for (const act of ['submit', 'requestSubmit']) HTMLFormElement.prototype[act] = () => {};
      HTMLElement.prototype.click = () => {};
    });
  }
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const close = async (act) => {
    try {
      return await act();
    } finally {
      await context.close();
    }
  };
  return { context, page, close };
}

/** The service that a user's story is about. */
export function serviceOf(demo, { service }) {
  const found = demo.services.find(({ name }) => name === service);
  assert.ok(found, `the demo lists no service ${service}`);
  return found;
}

/** A user whose story ends at the service, in this protocol. */
export function userWhoArrives(demo, protocol) {
  return demo.users.find((user) => !isRefusal(user.expect) && (!protocol || serviceOf(demo, user).protocol.toLowerCase() === protocol));
}

/** Fails unless the story ended as the demo promised: with that subject, or that refusal code. */
export function assertExpected(outcome, user) {
  if (isRefusal(user.expect)) {
    assert.deepEqual(outcome, { kind: 'refused', code: user.expect });
  } else {
    assert.equal(outcome.kind, 'received', `${outcome.kind} with ${outcome.code ?? JSON.stringify(outcome.data)}`);
    assert.ok(JSON.stringify(outcome.data).includes(JSON.stringify(user.expect)), `${JSON.stringify(outcome.data)} does not name ${user.expect}`);
  }
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
