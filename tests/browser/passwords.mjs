// Passwords in Chromium: pictures by mouse, by keyboard and without script; one that runs out,
// one that is too old, a code for the first login; each page looked at on the way.

import assert from 'node:assert/strict';
import { assertArrived, serviceOf } from './stories.mjs';
import { leaving, outcomeOf, settled } from './visitor.mjs';

/** The Danish names of pictures in English, for those that the demo uses. */
const ENGLISH = { kat: 'cat', sol: 'sun', fisk: 'fish', 'æble': 'apple' };

/** The names of the pictures that are somebody's password, in a language. */
export function picturesOf({ password }, language) {
  return password.split(', ').map((name) => (language === 'en' ? ENGLISH[name] : name));
}

/** Noah's password, once he has one. */
let learnt;

/** Plays and looks, in one setting after another; `isLast` where there is none after it. */
export async function checkPasswords(report, { demo, newVisitor, look, language, isLast }) {
  const user = (login) => demo.password_stories.find((story) => story.login === login);
  const check = (name, act, options) => report.check(name, () => newVisitor(options).then(({ page, close }) => close(() => act(page))));
  const begin = async (page, { login, service }) => {
    await page.goto(serviceOf(demo, { service }).start_url);
    await settled(page);
    await page.fill('input[name=name]', login);
    await step(page);
  };
  const pictures = (story) => picturesOf(story, language);
  const arrive = async (page) => {
    await settled(page);
    const outcome = await outcomeOf(page);
    assertArrived(outcome);
  };

  await check('four pictures, pressed', async (page) => {
    const storm = user('stor1234');
    await begin(page, storm);
    await look(page);
    const sizes = await page.$$eval('button.picture', (all) => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
    assert.equal(sizes.length, 36);
    assert.ok(Math.min(...sizes) >= 44, `the smallest picture is ${Math.min(...sizes)} px`);
    const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.ok(!scrolls, 'the page scrolls sideways');
    const names = pictures(storm);
    for (const name of [names[0], names[3]]) await page.getByRole('button', { name, exact: true }).click();
    await page.click('button[value=undo]');
    for (const name of names.slice(1)) await page.getByRole('button', { name, exact: true }).click();
    assert.equal(await page.locator('.place-filled').count(), 4);
    await look(page, 'four');
    await step(page, 'button[value=done]');
    await arrive(page);
  });

  await check('four pictures, by keyboard', async (page) => {
    const storm = user('stor1234');
    await begin(page, storm);
    const order = await page.$$eval('button.picture', (all) => all.map((one) => one.innerText.trim()));
    await page.locator('button.picture').first().focus();
    let at = 0;
    for (const name of pictures(storm)) {
      const to = order.indexOf(name);
      const go = async (key, times) => { for (let n = 0; n < times; n += 1) await page.keyboard.press(key); };
      await go(to > at ? 'ArrowRight' : 'ArrowLeft', Math.abs(to - at));
      await page.keyboard.press('Enter');
      at = to;
    }
    await step(page, 'button[value=done]');
    await arrive(page);
  });

  await check('four pictures, without script', async (page) => {
    const storm = user('stor1234');
    await begin(page, storm);
    for (const name of pictures(storm)) await step(page, page.getByRole('button', { name, exact: true }));
    await step(page, 'button[value=done]');
    await arrive(page);
  }, { javaScriptEnabled: false });

  await check('the ways to a new password', async (page) => {
    await begin(page, user('maja1234'));
    await step(page, 'a[href$="/new-password"]');
    await look(page);
    await step(page, 'a[href$="/forgotten"]');
    await look(page);
    await page.goBack();
    await step(page, 'button[value=change]');
    await look(page, 'first');
  });

  await check('a password that is too old, and one of one\'s own', async (page) => {
    const maja = user('maja1234');
    await begin(page, maja);
    await page.fill('input[name=password]', maja.password);
    await step(page);
    await look(page);
    await step(page, 'button[value=learnt]');
    await look(page, 'hidden');
    await page.fill('input[name=new]', 'noget andet');
    await step(page);
    await look(page, 'not-right');
    await step(page, 'button[value=choose]');
    await look(page, 'own');
    await page.fill('input[name=new]', 'maja');
    await page.fill('input[name=again]', 'maja');
    await step(page);
    await look(page, 'problems');
  });

  await check('a password that runs out, later', async (page) => {
    const villads = user('vill1234');
    await begin(page, villads);
    await page.fill('input[name=password]', villads.password);
    await step(page);
    await look(page);
    // Whoever has pressed it is not asked again that day.
    if (!isLast) return;
    await step(page, 'button[value=later]');
    await arrive(page);
  });

  await check('a new password is shown, learnt and used', async (page) => {
    const noah = user('noah1234');
    await begin(page, noah);
    // The code of the first login, or what was learnt in an earlier setting.
    if (learnt) {
      await step(page, 'a[href$="/new-password"]');
      await step(page, 'button[value=change]');
    }
    await page.fill('input[name=password]', learnt ?? noah.password);
    await step(page);
    await look(page, 'shown');
    const secret = await page.innerText('.secret');
    await step(page, 'button[value=learnt]');
    for (let times = 0; times < 2; times += 1) {
      await page.fill('input[name=new]', secret);
      await step(page);
    }
    learnt = secret;
    await look(page);
    await step(page);
    await arrive(page);
  });
}

async function step(page, button = 'main form button[type=submit]:visible') {
  const locator = typeof button === 'string' ? page.locator(button).first() : button;
  await leaving(page, () => locator.click());
  await settled(page);
}
