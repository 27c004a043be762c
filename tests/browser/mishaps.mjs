// What real users do to a login: no mouse, no scripts, the back button, two tabs, impatience,
// lost cookies, bookmarks. Each ends at the service or on a page with one way forward to it,
// in both browsers.

import assert from 'node:assert/strict';
import { assertArrived, isCentral, serviceOf, userWhoArrives } from './stories.mjs';
import { clickButton, complete, fill, formOf, leaving, outcomeOf, settled, shown } from './visitor.mjs';

/** Plays them all, at a service of each protocol. */
export async function checkMishaps(report, { demo, browser }) {
  const tell = (user) => {
    const start = serviceOf(demo, user).start_url;
    return (name, options, act) => report.check(name, async () => {
      const { page, context, close } = await browser.visitor(options);
      await close(() => act({ demo, user, start, page, context }));
    });
  };
  for (const [protocol, called] of [['saml', 'SAML'], ['oidc', 'OpenID Connect']]) {
    report.section(`Mishaps in ${browser.name} on the way to ${called} services`);
    const check = tell(userWhoArrives(demo, protocol));
    await check('scripts switched off', { javaScriptEnabled: false }, withoutScripts);
    await check('back after the login page, and on again', {}, backOnce);
    await check('back after arriving', {}, backAfterArriving);
    await check('two tabs, one after the other', {}, twoTabs);
    await check('two tabs, crossed', {}, twoTabsCrossed);
    await check('double click on every button', {}, doubleClicks);
    // These are the server's doing; one browser tells.
    if (browser.name === 'chromium') {
      await check('keyboard only', {}, keyboardOnly);
      await check('cookies lost half way', {}, lostCookies);
      await check('a bookmark of every page on the way, opened later', {}, bookmarks);
      await check('reload of every page on the way', {}, reloads);
    }

    const checkCentral = tell(userWhoArrives(demo, protocol, isCentral));
    await checkCentral('double click, password at Portner', {}, doubleClicks);
    await checkCentral('double click, password at Portner, scripts switched off', { javaScriptEnabled: false }, doubleClicks);
  }
}

async function keyboardOnly({ page, start, user }) {
  await page.goto(start);
  const submit = async () => page.keyboard.press('Enter');
  const outcome = await complete(page, user, {
    submit: async (_page, form) => {
      await focusByTab(page, form);
      await submit();
    },
  });
  assertArrived(outcome);
}

async function withoutScripts({ page, start, user }) {
  await page.goto(start);
  assertArrived(await complete(page, user));
}

async function backOnce({ page, start, user }) {
  await page.goto(start);
  await oneStep(page, user);
  await page.goBack();
  await arrivesOrHasOneWayForward({ page, start, user });
}

async function backAfterArriving({ page, start, user }) {
  await page.goto(start);
  assertArrived(await complete(page, user));
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack();
    if (page.url() === 'about:blank') await page.goForward();
  }
  await arrivesOrHasOneWayForward({ page, start, user });
}

async function twoTabs({ page, context, start, user }) {
  const other = await context.newPage();
  await page.goto(start);
  await other.goto(start);
  assertArrived(await complete(page, user));
  await arrivesOrHasOneWayForward({ page: other, start, user });
}

async function twoTabsCrossed({ page, context, start, user }) {
  const other = await context.newPage();
  await page.goto(start);
  await oneStep(page, user);
  await other.goto(start);
  await oneStep(other, user);
  await arrivesOrHasOneWayForward({ page, start, user });
  await arrivesOrHasOneWayForward({ page: other, start, user });
}

async function doubleClicks({ page, start, user }) {
  await page.goto(start);
  await arrivesOrHasOneWayForward({
    page, start, user,
    submit: doubleClickButton,
  });
}

/** The second click may hit a page that is already leaving, and then a driver can wait for it in vain. */
async function doubleClickButton(_page, form) {
  const button = form.locator('button:not([type=button]):visible, input[type=submit]:visible').first();
  await button.dblclick({ noWaitAfter: true, timeout: 5000 }).catch((error) => {
    if (error.name !== 'TimeoutError') throw error;
  });
}

async function lostCookies({ page, context, start, user }) {
  await page.goto(start);
  await settled(page);
  await context.clearCookies();
  await arrivesOrHasOneWayForward({ page, start, user });
}

async function bookmarks({ page, context, start, user, demo }) {
  const pages = new Set();
  await page.goto(start);
  assertArrived(await complete(page, user, { onPage: async () => { pages.add(page.url()); } }));
  await context.clearCookies();
  const own = [...pages].filter((url) => new URL(url).origin === new URL(demo.broker).origin);
  assert.ok(own.length > 0, 'the story showed no page of Portner');
  for (const url of own) {
    await page.goto(url);
    await arrivesOrHasOneWayForward({ page, start, user });
    await context.clearCookies();
  }
}

async function reloads({ page, start, user }) {
  await page.goto(start);
  const reloaded = new Set();
  const outcome = await complete(page, user, {
    onPage: async () => {
      if (reloaded.has(page.url()) || (await outcomeOf(page))) return;
      reloaded.add(page.url());
      await page.reload();
      await settled(page);
    },
  });
  assertArrived(outcome);
}

/** Completes the login, or takes the one way forward that a refusal offers and completes it from there. */
async function arrivesOrHasOneWayForward({ page, start, user, submit = clickButton }) {
  let outcome = await complete(page, user, { submit });
  if (outcome.kind === 'refused') {
    const forward = page.locator('main .button-primary');
    assert.equal(await forward.count(), 1, `${outcome.code} at ${shown(page)} has ${await forward.count()} ways forward`);
    await leaving(page, () => forward.click());
    outcome = await complete(page, user);
  }
  // A service that was told of a refusal offers to begin again.
  if (outcome.kind === 'told') {
    await leaving(page, () => page.locator(`main a[href^="${new URL(start).pathname}"], main a[href="${start}"]`).first().click());
    outcome = await complete(page, user);
  }
  assertArrived(outcome);
}

async function oneStep(page, user) {
  await settled(page);
  const form = await formOf(page);
  assert.ok(form, `no form at ${shown(page)}`);
  await fill(form, user);
  await leaving(page, () => clickButton(page, form));
  await settled(page);
}

/** Moves the focus into the form by the Tab key alone. */
async function focusByTab(page, form) {
  const handle = await form.elementHandle();
  for (let presses = 0; presses < 40; presses += 1) {
    const inside = await page.evaluate((element) => element.contains(document.activeElement) && document.activeElement.matches('input:not([type=hidden]), button'), handle);
    if (inside) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the Tab key does not reach the form at ${shown(page)}`);
}
