// The web server of a service that lives in the suite itself: takes whatever comes, and keeps it.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Starts one at `host`, at a port of its own. What came is in `received`, oldest first:
 * `{ method, url, body }`, `url` in full.
 */
export async function startReceiver(host) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ method: request.method, url: new URL(request.url, base), body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end('<!doctype html><title>Modtaget</title>');
  });
  await new Promise((resolve, reject) => { server.listen(0, host, resolve).on('error', reject); });
  const base = `http://${host}:${server.address().port}`;
  return {
    base,
    received,
    /** The logout tokens that have come to `path`, as soon as there are `count` of them. */
    async logoutTokens(path, count = 1) {
      const found = () => received.filter(({ method, url }) => method === 'POST' && url.pathname === path).map(({ body }) => new URLSearchParams(body).get('logout_token'));
      for (let tries = 0; found().length < count && tries < 100; tries += 1) await sleep(50);
      return found();
    },
  };
}
