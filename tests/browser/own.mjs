// Portner's own pages in Chromium: getting back in with the national eID, "Min side", and the
// administrators' desk; each looked at on the way.

import assert from 'node:assert/strict';
import { clickButton, fill, formOf, leaving, settled } from './visitor.mjs';

const MOST_PAGES = 12;

/** Plays and looks, in one setting after another. */
export async function checkOwnPages(report, { demo, newVisitor, look }) {
  const story = (login, path) => demo.recovery_stories.find((one) => one.login === login && new URL(one.start_url).pathname === path);
  const check = (name, act) => report.check(name, () => newVisitor().then(({ page, close }) => close(() => act(page))));
  const arrive = async (page, { login, password, start_url }) => {
    await page.goto(start_url);
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      await settled(page);
      if (isAt(page, new URL(start_url).pathname)) return;
      const form = await formOf(page);
      assert.ok(form, `no way forward at ${page.url().split('?')[0]}`);
      await fill(form, { login, password });
      await leaving(page, () => clickButton(page, form));
    }
    assert.fail(`never came to ${start_url}`);
  };

  await check('a mother finds her child\'s user name', async (page) => {
    const mother = story('signe', '/faa-adgang');
    await arrive(page, mother);
    assert.match(await page.innerText('main'), /stor1234/);
    await look(page, 'mother');
  });

  await check('an employee who forgot the password makes another', async (page) => {
    await arrive(page, story('helle', '/faa-adgang'));
    await look(page);
    await step(page, 'a.button');
    await look(page, 'begun');
    const secret = await page.innerText('.secret');
    await step(page, 'button[value=learnt]');
    for (let times = 0; times < 2; times += 1) {
      await page.fill('input[name=new]', secret);
      await step(page);
    }
    assert.ok(isAt(page, '/faa-adgang/faerdig'), page.url());
    await look(page);
  });

  await check('one\'s own page, and what was sent to whom', async (page) => {
    await arrive(page, story('alma1234', '/min-side'));
    await look(page);
    await step(page, 'a[href^="/min-side/historik"]');
    await look(page);
  });

  await check('the administrators\' desk', async (page) => {
    const desk = new URL('/administration/101001', demo.broker).href;
    const { password } = story('signe', '/faa-adgang');
    await arrive(page, { login: 'hanne', password, start_url: desk });
    await look(page);
    await page.goto(`${desk}?q=otto`);
    await look(page, 'found');
    await step(page, page.locator('main a', { hasText: 'Otto' }).first());
    await look(page, 'person');
    for (const part of ['nye', 'tilknytninger', 'importer', 'administratorer', 'elevadgang']) {
      await page.goto(`${desk}/${part}`);
      await settled(page);
      assert.equal(await page.locator('main[data-refusal-code]').count(), 0, part);
      await look(page);
    }
  });
}

function isAt(page, path) {
  return new URL(page.url()).pathname === path;
}

async function step(page, button = 'main form button[type=submit]:visible') {
  const target = typeof button === 'string' ? page.locator(button).first() : button;
  await leaving(page, () => target.click());
  await settled(page);
}
