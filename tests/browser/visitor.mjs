// A user in Chromium: goes from page to page by the forms that they are given.

import { setTimeout as sleep } from 'node:timers/promises';

const MAX_PAGES = 25;

/**
 * Where a page leaves the user: `received` or `told` at a service (which got a subject, or an
 * error), `refused` on a page of Portner's, each with `data` or `code`; null when it goes on.
 */
export async function outcomeOf(page) {
  return page.evaluate(() => {
    const received = document.getElementById('received');
    if (received) {
      const data = JSON.parse(received.textContent);
      return { kind: data.subject ? 'received' : 'told', data };
    }
    const code = document.querySelector('main[data-refusal-code]')?.dataset.refusalCode;
    return code ? { kind: 'refused', code } : null;
  });
}

/**
 * Goes on from the page that is open until a service has received the user or a refusal is shown.
 * `onPage(page)` sees every page; `submit(page, form)` sends a filled form (default: its button is clicked).
 */
export async function complete(page, user, { onPage = async () => {}, submit = clickButton } = {}) {
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    await settled(page);
    await onPage(page);
    const outcome = await outcomeOf(page);
    if (outcome) return outcome;
    const form = await formOf(page);
    if (!form) throw new Error(`no way forward at ${shown(page)}:\n${(await page.innerText('body')).slice(0, 600)}`);
    await fill(form, user);
    await leaving(page, () => submit(page, form));
  }
  throw new Error(`no end after ${MAX_PAGES} pages, at ${shown(page)}`);
}

/** Waits until the page is loaded and, where scripts run, has not posted itself onward. */
export async function settled(page) {
  const deadline = Date.now() + 8000;
  for (;;) {
    await page.waitForLoadState('load').catch(() => {});
    // Asking a page that is just being left fails: then the next one is asked.
    const posting = await page.evaluate(carriesAMessage).catch(() => true);
    if (!posting || page.context().standsStill || Date.now() > deadline) return;
    await sleep(30);
  }
}

// In the page: whether its form only carries a protocol message to another party.
function carriesAMessage() {
  if (document.readyState !== 'complete') return true;
  return [...document.forms].some((form) => {
    const fields = [...form.elements].filter((field) => field.name && field.tagName === 'INPUT');
    return fields.some(({ name }) => ['SAMLRequest', 'SAMLResponse', 'code', 'error'].includes(name))
      && fields.every(({ type }) => ['hidden', 'submit'].includes(type));
  });
}

/** The address without its query: for messages. */
export function shown(page) {
  return page.url().split('?')[0];
}

/** The form that leads on: one that asks for a name or a password, else the first one with a button. */
export async function formOf(page) {
  const asking = 'input[type=text]:visible, input[type=email]:visible, input[type=password]:visible, input:not([type]):visible';
  const button = 'button:visible, input[type=submit]:visible';
  for (const [forms, control] of [['form', asking], ['main form', button], ['form', button]]) {
    const found = page.locator(forms).filter({ has: page.locator(control) });
    if (await found.count()) return found.first();
  }
  return null;
}

/** Types the user's login and password where they are asked for. */
export async function fill(form, { login, password }) {
  for (const field of await form.locator('input:visible').all()) {
    const type = (await field.getAttribute('type')) ?? 'text';
    if (type === 'password') await field.fill(password ?? '');
    else if (['text', 'email'].includes(type)) await field.fill(login ?? '');
  }
  const radios = form.locator('input[type=radio]');
  if ((await radios.count()) && !(await form.locator('input[type=radio]:checked').count())) await radios.first().check();
}

/** Clicks the form's button. */
export async function clickButton(_page, form) {
  await form.locator('button:not([type=button]):visible, input[type=submit]:visible').first().click();
}

/** Does something that opens another page, and waits for it. */
export async function leaving(page, act) {
  const next = page.waitForEvent('domcontentloaded', { timeout: 10_000 }).catch(() => {});
  await act();
  await next;
}
