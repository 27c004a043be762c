// The two browsers, as they come from Debian, and the profiles of those who visit with them.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The screens. Firefox cannot pretend to be a phone. */
export const SCREENS = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

const LAUNCH = {
  chromium: {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  },
  // The channel means: an unchanged Firefox, driven over WebDriver BiDi.
  firefox: { executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', channel: 'moz-firefox' },
};

/** A running browser. */
export class Browser {
  #browser;
  /** Every address that a page of its was sent to, redirects and all. */
  addresses = new Set();

  constructor(name, browser) {
    this.name = name;
    this.#browser = browser;
  }

  /** What it calls itself. */
  get version() {
    return this.#browser.version();
  }

  static async launch(peers, name) {
    const { default: playwright } = await import(pathToFileURL(join(peers, 'node_modules/playwright-core/index.mjs')).href);
    return new Browser(name, await playwright[name].launch({ headless: true, ...LAUNCH[name] }));
  }

  /**
   * A fresh profile with one page; `close(act)` runs `act` and closes it. With `holdPosting`
   * the pages that post themselves stand still, to be looked at.
   */
  async visitor({ holdPosting = false, ...options } = {}) {
    const context = await this.#browser.newContext({ locale: 'da-DK', ...SCREENS.desktop, ...options });
    context.standsStill = holdPosting || options.javaScriptEnabled === false;
    if (holdPosting) {
      await context.addInitScript(() => {
        for (const act of ['submit', 'requestSubmit']) HTMLFormElement.prototype[act] = () => {};
        HTMLElement.prototype.click = () => {};
      });
    }
    context.on('request', (request) => { if (request.isNavigationRequest()) this.addresses.add(request.url()); });
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

  close() {
    return this.#browser.close();
  }
}
