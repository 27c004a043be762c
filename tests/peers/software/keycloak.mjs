// Keycloak, in its own in-memory database. Everything in it is set up by the calls that its
// administration console makes: each function here is one dialogue of that console.

import { join } from 'node:path';
import { answers, freePort, start } from '../support/processes.mjs';

const PROGRAM = join(process.env.PORTNER_PEERS_DIR ?? '/tmp/portner-peers', 'keycloak/bin/kc.sh');
const HOST = '127.0.0.31';
const ADMINISTRATOR = { username: 'administrator', password: 'only-for-tests-of-one-run' };

/** Starts one. It takes a while: nobody should wait for it before it is needed. */
export async function startKeycloak({ logs }) {
  const port = await freePort(HOST);
  const origin = `http://${HOST}:${port}`;
  const server = await start('keycloak', PROGRAM, [
    'start', '--optimized', '--http-enabled=true', `--http-host=${HOST}`, `--http-port=${port}`, `--hostname=${origin}`, '--cache=local', '--log-level=info',
  ], {
    logs,
    ready: answers(`${origin}/realms/master`),
    seconds: 120,
    env: { JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m', KC_BOOTSTRAP_ADMIN_USERNAME: ADMINISTRATOR.username, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMINISTRATOR.password },
  });
  return { ...server, origin, administration: new Administration(origin) };
}

/** The administration console, as somebody who is logged in there. */
class Administration {
  #origin;
  #token = { until: 0 };

  constructor(origin) {
    this.#origin = origin;
  }

  /** Create realm. */
  async createRealm(realm, settings = {}) {
    await this.#post('/admin/realms', { realm, enabled: true, sslRequired: 'none', ...settings });
    const issuer = `${this.#origin}/realms/${realm}`;
    return { realm, issuer, samlMetadata: `${issuer}/protocol/saml/descriptor` };
  }

  /** Users → Add user, with a password. */
  async addUser(realm, { login, password, givenName, familyName, attributes }) {
    await this.#post(`/admin/realms/${realm}/users`, {
      username: login,
      email: login,
      firstName: givenName,
      lastName: familyName,
      enabled: true,
      attributes,
      credentials: [{ type: 'password', value: password, temporary: false }],
    });
  }

  /** Realm settings → User profile: what these attributes may be, and which of the usual ones may be missing. */
  async allowAttributes(realm, { extra = [], optional = [] }) {
    const profile = await this.#get(`/admin/realms/${realm}/users/profile`);
    for (const attribute of profile.attributes) if (optional.includes(attribute.name)) delete attribute.required;
    const permissions = { view: ['admin'], edit: ['admin'] };
    profile.attributes.push(...extra.map((name) => ({ name, displayName: name, permissions, multivalued: false })));
    await this.#put(`/admin/realms/${realm}/users/profile`, profile);
  }

  /** Clients → Import client, a service's SAML metadata; `attributes` and `mappers` are set afterwards. */
  async importSamlClient(realm, metadata, { attributes = {}, mappers = [] }) {
    const client = await this.#post(`/admin/realms/${realm}/client-description-converter`, metadata, 'application/xml');
    return this.createClient(realm, { ...client, attributes: { ...client.attributes, ...attributes }, protocolMappers: mappers });
  }

  /** Clients → Create client. */
  async createClient(realm, client) {
    await this.#post(`/admin/realms/${realm}/clients`, client);
    return client;
  }

  /** Identity providers → Add provider, `Use discovery endpoint` or `Use entity descriptor`. */
  async addIdentityProvider(realm, { alias, providerId, from, config = {}, mappers = [], ...settings }) {
    const found = await this.#post(`/admin/realms/${realm}/identity-provider/import-config`, { providerId, fromUrl: from });
    await this.#post(`/admin/realms/${realm}/identity-provider/instances`, { alias, providerId, enabled: true, ...settings, config: { ...found, ...config } });
    for (const { name, mapper, ...rest } of mappers) {
      await this.#post(`/admin/realms/${realm}/identity-provider/instances/${alias}/mappers`, { name, identityProviderAlias: alias, identityProviderMapper: mapper, config: { syncMode: 'INHERIT', ...rest } });
    }
    return { ...found, ...config };
  }

  /** Identity providers → the provider → `SAML 2.0 Service Provider Metadata`. */
  async serviceMetadata(realm, alias) {
    const response = await fetch(`${this.#origin}/realms/${realm}/broker/${alias}/endpoint/descriptor`);
    if (!response.ok) throw new Error(`no metadata of ${alias}: ${response.status}`);
    return response.text();
  }

  /** Sessions: who is logged in, by user name. */
  async sessions(realm, login) {
    const [user] = await this.#get(`/admin/realms/${realm}/users?${new URLSearchParams({ username: login, exact: 'true' })}`);
    return user ? this.#get(`/admin/realms/${realm}/users/${user.id}/sessions`) : [];
  }

  #get(path) {
    return this.#ask('GET', path);
  }

  #post(path, body, type) {
    return this.#ask('POST', path, body, type);
  }

  #put(path, body) {
    return this.#ask('PUT', path, body);
  }

  async #ask(method, path, body, type = 'application/json') {
    const headers = { authorization: `Bearer ${await this.#bearer()}`, ...(body === undefined ? {} : { 'content-type': type }) };
    const response = await fetch(`${this.#origin}${path}`, { method, headers, body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak: ${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text ? JSON.parse(text) : undefined;
  }

  async #bearer() {
    if (this.#token.until > Date.now()) return this.#token.value;
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...ADMINISTRATOR });
    const response = await fetch(`${this.#origin}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: form });
    const { access_token: value, expires_in: seconds } = await response.json();
    if (!value) throw new Error(`Keycloak lets no administrator in: ${response.status}`);
    this.#token = { value, until: Date.now() + (seconds - 20) * 1000 };
    return value;
  }
}

/** A mapper of a SAML client: a user's attribute goes out under this name. */
export const userAttribute = (attribute, name) => ({
  name,
  protocol: 'saml',
  protocolMapper: 'saml-user-attribute-mapper',
  config: { 'user.attribute': attribute, 'attribute.name': name, 'attribute.nameformat': 'URI Reference' },
});

/** A mapper of a SAML client: everybody has this value. */
export const hardcodedAttribute = (name, value) => ({
  name,
  protocol: 'saml',
  protocolMapper: 'saml-hardcode-attribute-mapper',
  config: { 'attribute.name': name, 'attribute.value': value, 'attribute.nameformat': 'URI Reference' },
});

/** A mapper of an OpenID Connect client: a user's attribute is this claim of the ID token. */
export const userClaim = (attribute, name) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-usermodel-attribute-mapper',
  config: { 'user.attribute': attribute, 'claim.name': name, 'jsonType.label': 'String', 'id.token.claim': 'true', 'access.token.claim': 'false', 'userinfo.token.claim': 'false' },
});

/** A mapper of an OpenID Connect client: everybody has this value. */
export const hardcodedClaim = (name, value) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: { 'claim.name': name, 'claim.value': value, 'jsonType.label': 'String', 'id.token.claim': 'true', 'access.token.claim': 'false', 'userinfo.token.claim': 'false' },
});
