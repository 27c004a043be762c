// Services built on Node's certified `openid-client`. It finds everything in discovery, and checks
// `iss`, `state`, `nonce`, signatures and subjects itself: what it accepts is in order.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MODULES = join(process.env.PORTNER_PEERS_DIR ?? '/tmp/portner-peers', 'node_modules');
const library = (entry) => import(pathToFileURL(join(MODULES, entry)).href);

export const openid = await library('openid-client/build/index.js');
export const jose = await library('jose/dist/webapi/index.js');

/** One registered client, as its program would hold it. */
export class Service {
  constructor({ config, redirectUri, scope, bound }) {
    Object.assign(this, { config, redirectUri, scope, bound });
  }

  /**
   * A service that has found `issuer`. It signs who it is with `keys` (a pair of CryptoKeys; `audience` in place
   * of the issuer), or sends `secret`. With `bound` its tokens are bound to a key of its own (DPoP).
   */
  static async discover({ issuer, clientId, keys, audience, secret, redirectUri, scope = 'openid', bound = false }) {
    const edited = audience ? { [openid.modifyAssertion]: (_header, claims) => { claims.aud = audience; } } : undefined;
    const authentication = keys ? openid.PrivateKeyJwt({ key: keys.privateKey, kid: clientId }, edited) : openid.ClientSecretBasic(secret);
    const config = await openid.discovery(new URL(issuer), clientId, {}, authentication, { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] });
    const handle = bound ? openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256')) : undefined;
    return new Service({ config, redirectUri, scope, bound: handle });
  }

  get options() {
    return this.bound ? { DPoP: this.bound } : undefined;
  }

  /** Begins a login: where the browser goes, and what the answer must match. */
  async begin({ pushed = true, ...parameters } = {}) {
    const checks = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState(), expectedNonce: openid.randomNonce(), idTokenExpected: true };
    const asked = {
      redirect_uri: this.redirectUri,
      scope: this.scope,
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      ...parameters,
    };
    const url = pushed ? await openid.buildAuthorizationUrlWithPAR(this.config, asked, this.options) : openid.buildAuthorizationUrl(this.config, asked);
    return { url, checks };
  }

  /** Redeems the answer that came to the redirect address. */
  async redeem(answer, checks, parameters) {
    return openid.authorizationCodeGrant(this.config, new URL(answer), checks, parameters, this.options);
  }

  /** A whole login in this browser: tokens, ID token's claims, and the addresses of the request and its answer. */
  async login(browser, user, asked) {
    const { url, checks } = await this.begin(asked);
    const page = await browser.visit(url.href, { ...user, until: ({ url: at }) => at.startsWith(this.redirectUri) });
    if (!page.url.startsWith(this.redirectUri)) throw new Error(`no answer came back:\n${browser.story()}\n${page.html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').slice(0, 400)}`);
    const tokens = await this.redeem(page.url, checks, asked?.resource ? { resource: asked.resource } : undefined);
    return { tokens, claims: tokens.claims(), url, answer: page.url, checks };
  }

  renew(refreshToken) {
    return openid.refreshTokenGrant(this.config, refreshToken, undefined, this.options);
  }

  userinfo({ access_token: token }, { sub }) {
    return openid.fetchUserInfo(this.config, token, sub, this.options);
  }

  introspect(token) {
    return openid.tokenIntrospection(this.config, token);
  }

  revoke(token) {
    return openid.tokenRevocation(this.config, token);
  }

  endSessionUrl(parameters) {
    return openid.buildEndSessionUrl(this.config, parameters);
  }
}

/** A key pair for a client, and the JWK Set that it registers. */
export async function clientKeys(clientId, algorithm) {
  const keys = await openid.randomDPoPKeyPair(algorithm, { extractable: true });
  const jwk = await jose.exportJWK(keys.publicKey);
  return { keys, jwks: JSON.stringify({ keys: [{ ...jwk, kid: clientId, alg: algorithm, use: 'sig' }] }) };
}

/** The claims of a logout token, checked as OIDC Back-Channel Logout §2.6 says. */
export async function verifyLogoutToken(token, { config }) {
  const { issuer, jwks_uri: jwks } = config.serverMetadata();
  const { payload } = await jose.jwtVerify(token, jose.createRemoteJWKSet(new URL(jwks)), {
    issuer,
    audience: config.clientMetadata().client_id,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti'],
  });
  if (!payload.events?.['http://schemas.openid.net/event/backchannel-logout']) throw new Error('the logout token has no event');
  if (payload.nonce !== undefined) throw new Error('the logout token has a nonce');
  return payload;
}
