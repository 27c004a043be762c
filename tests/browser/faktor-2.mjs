// Unilogin Faktor 2 in Chromium: a pupil opens the survey and waits, the teacher sees the same picture
// beside the name and gives access, and the pupil's page goes on by itself.

import assert from 'node:assert/strict';
import { picturesOf } from './passwords.mjs';
import { assertArrived, serviceOf } from './stories.mjs';
import { leaving, outcomeOf, settled } from './visitor.mjs';

const SURVEY = 'Trivselsmålingen';
const LONGEST_WAIT = 20_000;

/** Plays and looks, in one setting after another. */
export async function checkFaktor2(report, { demo, newVisitor, look, language }) {
  const pupil = demo.password_stories.find(({ login }) => login === 'stor1234');
  const desk = new URL('/elevadgang/101001/giv-adgang', demo.broker).href;
  const teacher = demo.recovery_stories.find(({ start_url }) => start_url === desk);

  await report.check('a pupil waits, and the teacher gives access', async () => {
    const { page, close } = await newVisitor();
    await close(async () => {
      await page.goto(serviceOf(demo, { service: SURVEY }).start_url);
      await settled(page);
      await page.fill('input[name=name]', pupil.login);
      await step(page);
      for (const name of picturesOf(pupil, language)) await page.getByRole('button', { name, exact: true }).click();
      await step(page, 'button[value=done]');
      const picture = (of) => of.locator('.confirm strong').first().innerText();
      const shown = await picture(page);
      await look(page, 'waits');
      const other = await newVisitor();
      await other.close(async () => {
        await other.page.goto(desk);
        await settled(other.page);
        await other.page.fill('input[name=name]', teacher.login);
        await step(other.page);
        await other.page.fill('input[name=password]', teacher.password);
        await step(other.page);
        const row = other.page.locator('li.pupil', { hasText: 'Storm' });
        assert.equal(await picture(row), shown, 'the teacher sees another picture than the pupil');
        await look(other.page, 'one-waits');
        // One who waits alone is ticked already.
        if (!(await row.locator('input[name=request]').isChecked())) await row.locator('label').click();
        await step(other.page, 'button[value=vouch]');
        await look(other.page, 'given');
        // The pupil presses nothing.
        await page.waitForURL((url) => url.origin !== new URL(demo.broker).origin, { timeout: LONGEST_WAIT });
        await settled(page);
        assertArrived(await outcomeOf(page));
        await step(other.page, 'button[name=back]');
      });
    });
  });
}

async function step(page, button = 'main form button[type=submit]:visible') {
  await leaving(page, () => page.locator(button).first().click());
  await settled(page);
}
