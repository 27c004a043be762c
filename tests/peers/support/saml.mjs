// SAML messages that a browser carried, read from its history.

import assert from 'node:assert/strict';
import { inflateRawSync } from 'node:zlib';

/** Every message under this field that went to an address beginning so, oldest first: `{ url, xml, signed }`. */
export function messagesTo(browser, address, field) {
  return browser.history.filter(({ url }) => url.startsWith(address)).flatMap(({ method, url, body }) => {
    if (method === 'POST') {
      const value = new URLSearchParams(body).get(field);
      return value ? [{ url, xml: Buffer.from(value, 'base64').toString('utf8') }] : [];
    }
    const { searchParams } = new URL(url);
    const value = searchParams.get(field);
    return value ? [{ url, xml: inflateRawSync(Buffer.from(value, 'base64')).toString('utf8'), signed: searchParams.has('Signature') }] : [];
  });
}

/** The last of them. */
export function messageTo(browser, address, field) {
  const found = messagesTo(browser, address, field);
  assert.ok(found.length > 0, `no ${field} went to ${address}:\n${browser.story()}`);
  return found.at(-1);
}
