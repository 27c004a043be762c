// Pages that no story ends at, looked at on the way of somebody who gets there.

import assert from 'node:assert/strict';
import { assertArrived, assertExpected, isCentral, serviceOf, userWhoArrives } from './stories.mjs';
import { clickButton, complete, formOf, leaving, settled } from './visitor.mjs';

/** Has a password of Portner's, and no story that a delay would spoil. */
const IMPATIENT = { login: 'sofi1234', password: 'slet-ikke-den' };
const MOST_TRIES = 15;

/** Looks at them all; `look(page, as)` tells variants of a page apart. */
export async function lookAround(report, { demo, newVisitor, look }) {
  const check = (name, act, options) => report.check(name, () => newVisitor(options).then(({ page, close }) => close(() => act(page))));
  const at = (path) => new URL(path, demo.broker).href;

  await check('the pages that nobody logs in at', async (page) => {
    await page.goto(demo.start);
    await look(page);
    assert.equal(await page.getAttribute('html', 'lang'), (await page.evaluate(() => navigator.language)).slice(0, 2), 'the start page is in another language');
    for (const url of [at('/'), at('/support'), at('/status'), at('/nowhere')]) {
      await page.goto(url);
      await settled(page);
      await look(page);
    }
  });

  await check('the list of every way to log in', async (page) => {
    await page.goto(serviceOf(demo, userWhoArrives(demo, 'saml')).start_url);
    await settled(page);
    await page.locator('main a[href$="/choose"]').click();
    await settled(page);
    await look(page);
    const list = page.url().split('?')[0];
    for (const query of ['findes-ikke', 'lille']) {
      await page.goto(`${list}?q=${query}`);
      await look(page, query);
    }
  });

  await check('the wait after wrong passwords', async (page) => {
    await page.goto(serviceOf(demo, userWhoArrives(demo, 'saml')).start_url);
    const isTold = async () => (await page.locator('main[data-refusal-code="UL-104"]').count()) > 0;
    await settled(page);
    await page.fill('input[name=name]', IMPATIENT.login);
    await step(page);
    for (let tries = 0; tries < MOST_TRIES && !(await isTold()); tries += 1) {
      await page.fill('input[name=password]', IMPATIENT.password);
      await step(page);
    }
    assert.ok(await isTold(), `${MOST_TRIES} wrong passwords and no wait`);
    await look(page);
  });

  await check('logging out', async (page) => {
    const user = userWhoArrives(demo, 'saml', isCentral);
    await page.goto(serviceOf(demo, user).start_url);
    assertArrived(await complete(page, user));
    await page.goto(at('/oidc/logout'));
    await look(page);
    await step(page);
    await look(page, 'done');
  });

  await check('logging out where somebody else vouched', async (page) => {
    const user = userWhoArrives(demo, 'oidc', ({ login }) => login.includes('@'));
    await page.goto(serviceOf(demo, user).start_url);
    assertArrived(await complete(page, user));
    await page.goto(at('/oidc/logout'));
    await step(page);
    await look(page, 'elsewhere');
  });

  for (const protocol of ['saml', 'oidc']) {
    await check(`pages that post themselves, ${protocol}`, async (page) => {
      const user = userWhoArrives(demo, protocol);
      await page.goto(serviceOf(demo, user).start_url);
      assertExpected(await complete(page, user, { onPage: look }), user);
    }, { holdPosting: true });
  }
}

async function step(page) {
  const form = await formOf(page);
  await leaving(page, () => clickButton(page, form));
  await settled(page);
}
