// SAML messages as the browser carried them.

import assert from 'node:assert/strict';

/** The last response that the browser posted to whoever lives below `base`, as XML. */
export function responseTo(browser, base) {
  const post = browser.history.findLast(({ method, url, body }) => method === 'POST' && url.startsWith(base) && body?.includes('SAMLResponse='));
  assert.ok(post, `no SAML response was posted to ${base}`);
  return Buffer.from(new URLSearchParams(post.body).get('SAMLResponse'), 'base64').toString();
}
