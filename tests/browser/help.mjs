// The teacher's desk in Chromium, with a pupil in a second window beside it: five minutes without a
// password, seen live; taken back without script; a desk that is empty.

import assert from 'node:assert/strict';
import { serviceOf } from './stories.mjs';
import { leaving, settled } from './visitor.mjs';

/** Plays and looks, in one setting after another. */
export async function checkHelp(report, { demo, newVisitor, look }) {
  const desk = new URL('/elevadgang/101001', demo.broker).href;
  const story = demo.recovery_stories.find(({ start_url }) => start_url === desk);
  const pupil = demo.password_stories.find(({ login }) => login === 'stor1234');
  const check = (name, act, options) => report.check(name, () => newVisitor(options).then(({ page, close }) => close(() => act(page, options))));
  const atDesk = async (page, login) => {
    await page.goto(desk);
    await settled(page);
    await page.fill('input[name=name]', login);
    await step(page);
    await page.fill('input[name=password]', story.password);
    await step(page);
    assert.equal(page.url().split('?')[0], desk);
  };
  const storm = (page) => page.locator('li.pupil', { hasText: 'Storm' });
  const tick = (page) => storm(page).locator('label').click();

  await check('the ways in to the desk, and a desk without classes', async (page) => {
    await page.goto(new URL('/elevadgang', demo.broker).href);
    await look(page);
    await atDesk(page, 'ulri1234');
    await look(page, 'empty');
    await page.goto(desk.replace('101001', '101002'));
    await look(page, 'denied');
  });

  await check('five minutes, followed live', async (page, options) => {
    await atDesk(page, story.login);
    await look(page);
    await tick(page);
    await step(page, 'button[value=names]');
    assert.match(await storm(page).innerText(), /stor1234/);
    await look(page, 'names');
    await tick(page);
    await step(page, 'button[value=open]');
    await look(page, 'open');
    assert.ok(await storm(page).locator('svg').isVisible(), 'the picture stands by the name');
    const other = await newVisitor(options);
    await other.close(async () => {
      await other.page.goto(serviceOf(demo, pupil).start_url);
      await settled(other.page);
      await other.page.fill('input[name=name]', pupil.login);
      await step(other.page);
      assert.equal(await other.page.locator('.shown-pictures li').count(), 4);
      await look(other.page, 'window');
      // The teacher presses nothing.
      await storm(page).locator('.window-going', { hasNot: page.locator('svg') }).waitFor();
      assert.equal(await storm(page).locator('svg').count(), 0, 'the picture is gone with the wait');
      await step(page, storm(page).locator('button[name=cancel]'));
      await step(other.page, 'button[value=learnt]');
      await other.page.locator('.trouble').waitFor();
    });
  });

  await check('the board of a class, followed live, with its code and its sheet', async (page, options) => {
    await atDesk(page, story.login);
    await page.locator('details.class').first().evaluate((details) => { details.open = true; });
    await step(page, page.locator('details.class a[href*="/tavle/"]').first());
    await look(page, 'board');
    await page.locator('details.class summary').click();
    await look(page, 'board-code');
    // At the desk beside it somebody is given five minutes; on the board the teacher presses nothing.
    const beside = await page.context().newPage();
    await beside.goto(desk);
    await settled(beside);
    await storm(beside).locator('label').click();
    await step(beside, 'button[value=open]');
    await beside.close();
    const helped = page.locator('li.stands-helped', { hasText: 'Storm' });
    await helped.waitFor();
    await look(page, 'board-helped');
    await step(page, helped.locator('button[name=cancel]'));
    assert.equal(await page.locator('li.stands-helped').count(), 0);
    await page.locator('details.class summary').click();
    const code = await page.locator('.class-code .address').innerText();
    await step(page, page.locator('form[action$="/ark"] button'));
    assert.match(await page.locator('main').innerText(), /stor1234/);
    await look(page, 'sheet');
    const device = await newVisitor(options);
    await device.close(async () => {
      await device.page.goto(code);
      await settled(device.page);
      assert.equal(new URL(device.page.url()).pathname, '/skole');
      await look(device.page, 'device-class');
    });
  });

  await check('help for each role, and how everything does', async (page) => {
    for (const role of ['elev', 'foraelder', 'laerer', 'brugeradministrator']) {
      await page.goto(new URL(`/hjaelp/${role}`, demo.broker).href);
      await look(page, role);
    }
    await page.goto(new URL('/status', demo.broker).href);
    await look(page, 'status');
  });

  await check('a window, without script', async (page) => {
    await atDesk(page, story.login);
    await tick(page);
    await step(page, 'button[value=open]');
    await step(page, storm(page).locator('button[name=cancel]'));
    assert.equal(await storm(page).locator('button[name=cancel]').count(), 0);
  }, { javaScriptEnabled: false });
}

async function step(page, button = 'main form button[type=submit]') {
  const target = typeof button === 'string' ? page.locator(button).first() : button;
  await leaving(page, () => target.click());
  await settled(page);
}
