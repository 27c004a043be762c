// Node's certified `oidc-provider` as a municipality's identity provider. Run as a program of its
// own with its settings as one JSON argument:
// { "host", "port", "clients": [...], "users": { login: { password, sub, claims } }, "jwks": its own keys, "postedAcross": whether others post to it }

import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const settings = JSON.parse(process.argv[2]);
const issuer = `http://${settings.host}:${settings.port}`;
const entry = join(process.env.PORTNER_PEERS_DIR ?? '/tmp/portner-peers', 'node_modules/oidc-provider/lib/index.js');
const { Provider } = await import(pathToFileURL(entry).href);

const accounts = new Map(Object.values(settings.users).map((user) => [user.sub, user]));
const ownClaims = [...new Set(Object.values(settings.users).flatMap((user) => Object.keys(user.claims)))];

const provider = new Provider(issuer, {
  clients: settings.clients,
  pkce: { required: () => true },
  claims: { openid: ['sub', 'acr', 'amr', ...ownClaims], profile: ['name', 'given_name', 'family_name'] },
  acrValues: ['dk:unilogin:loa:EnFaktor', 'dk:unilogin:loa:ToFaktor'],
  conformIdTokenClaims: settings.userinfoOnly ?? false,
  // Requests to log out come by POST, which keeps tokens out of addresses; it takes them only if told to.
  enableHttpPostMethods: settings.postedAcross ?? false,
  // Browsers keep such cookies over https only; the peers' own visitor does over http.
  cookies: { keys: ['only-for-tests-of-one-run'], ...(settings.postedAcross ? { long: { sameSite: 'none' }, short: { sameSite: 'none' } } : {}) },
  // Its own way to call others refuses loopback, where all of this lives.
  fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
  ...(settings.jwks ? { jwks: settings.jwks } : {}),
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    // Whoever comes here wants to log out: one button is enough.
    rpInitiatedLogout: {
      logoutSource: async (context, form) => { context.body = form.replace('</form>', '<input type="hidden" name="logout" value="yes"><button>Log ud</button></form>'); },
    },
  },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  // Local identity providers ask nobody for consent.
  loadExistingGrant: async (context) => {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
  findAccount: async (_context, sub) => {
    const user = accounts.get(sub);
    return user && { accountId: sub, claims: async () => ({ sub, ...user.claims }) };
  },
});
provider.on('server_error', (_context, error) => console.error(error));
provider.on('grant.error', (_context, error) => console.error(error.error, error.error_description, error.error_detail ?? ''));
provider.on('authorization.error', (_context, error) => console.error(error.error, error.error_description, error.error_detail ?? ''));

createServer(async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return provider.callback()(request, response);
  try {
    await interact(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
  }
}).listen(settings.port, settings.host, () => console.log(`listening at ${issuer}`));

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return showForm(response, params.login_hint ?? '');
  const form = new URLSearchParams(await bodyOf(request));
  const user = settings.users[form.get('login')];
  if (!user || user.password !== form.get('password')) return showForm(response, form.get('login') ?? '');
  const login = { accountId: user.sub, acr: user.acr, amr: user.amr ?? ['pwd'], remember: false };
  return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

function showForm(response, hint) {
  const value = hint.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>
<html lang="da"><title>Log ind</title><main data-login-hint="${value}">
<form method="post"><input type="text" name="login" value="${value}"><input type="password" name="password"><button>Log ind</button></form>
</main></html>`);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
