// One federation on loopback: the peers, Portner between them, and who is registered where.
// Each party has an address of its own, because cookies do not tell ports apart.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mads, sofie } from './people.mjs';
import { freePorts, prepareMellon, startApache } from './software/apache.mjs';
import { preparePortner, seedOf, startPortner } from './software/portner.mjs';
import { startSimpleSamlPhp } from './software/simplesamlphp.mjs';
import { answers, freePort, start } from './support/processes.mjs';

const HOSTS = { portner: '127.0.0.1', lillekoebing: '127.0.0.2', falskkoebing: '127.0.0.3', apache: '127.0.0.4', storkoebing: '127.0.0.5', samael: '127.0.0.6' };

/** Attribute names of Unilogin's contract with local identity providers. */
const WIRE = {
  uniId: 'dk:unilogin:uniid',
  cpr: 'dk:gov:saml:attribute:CprNumberIdentifier',
  loa: 'dk:unilogin:loa',
};

/** Starts everything under `work`; without the program to test, only the peers. */
export async function startWorld(work) {
  const logs = join(work, 'logs');
  mkdirSync(logs, { recursive: true });
  chmodSync(work, 0o755); // Apache's own account reads in it
  const folders = { work, logs };
  const portner = preparePortner({ work, host: HOSTS.portner, port: await freePort(HOSTS.portner) });

  const [lillekoebing, falskkoebing] = await Promise.all([
    simpleSamlPhp(folders, 'lillekoebing', HOSTS.lillekoebing),
    simpleSamlPhp(folders, 'falskkoebing', HOSTS.falskkoebing),
  ]);

  const [mellonPort, directClientPort, learningPort, libraryPort] = await freePorts(HOSTS.apache, 4);
  const mellon = (path, options) => prepareMellon({ work, host: HOSTS.apache, port: mellonPort, path, ...options });
  const [directMellon, platform, administration, timetable, canteen] = await Promise.all([
    mellon('/direct'), mellon('/platform'), mellon('/administration', { encryption: false }), 
    mellon('/timetable', { nameId: 'transient' }), mellon('/canteen', { encryption: false, nameId: 'transient' }),
  ]);
  const directClient = client(directClientPort, 'direct');
  const learning = client(learningPort, 'learning');
  const library = client(libraryPort, 'library');

  const storkoebing = await oidcProvider(folders, [
    registration(directClient),
    registration({ clientId: 'portner', clientSecret: secretOf('portner'), redirectUri: portner.callback('storkoebing') }),
  ]);

  writeFileSync(join(lillekoebing.trusted, 'direct.xml'), directMellon.metadata);
  directMellon.idpMetadata = join(work, 'lillekoebing.xml');
  writeFileSync(directMellon.idpMetadata, await lillekoebing.metadata());
  directClient.discovery = storkoebing.discovery;

  const world = { portner, lillekoebing, falskkoebing, storkoebing, directMellon, directClient, platform, administration, timetable, canteen, learning, library, folders };
  world.judge = { entityId: `http://${HOSTS.samael}/metadata`, acsUrl: `http://${HOSTS.samael}/acs` };
  await registerEverybody(world);
  await introducePortner(world);
  await startApache({
    ...folders,
    host: HOSTS.apache,
    port: mellonPort,
    mellons: [directMellon, platform, administration, timetable, canteen],
    clients: [directClient, learning, library],
  });
  return world;
}

/** Writes Portner's files about the services and the upstreams. */
async function registerEverybody({ portner, lillekoebing, falskkoebing, storkoebing, platform, administration, timetable, canteen, learning, library, judge }) {
  portner.register('services', 'platform', `
name = "Skoleplatformen"
start_url = "${platform.base}/received"
release = "school-day"

[saml]
encrypt = true
sign = "both"
`, platform.metadata);

  portner.register('services', 'administration', `
name = "Skoleadministrationen"
start_url = "${administration.base}/received"
release = "administration"
legal_basis = "Folkeskoleloven § 1, til afprøvning"

[saml]
sign = "assertion"
`, administration.metadata);

  // Mellon finds the session of a LogoutRequest by its name alone: one name per session.
  for (const [name, title, service, more] of [['timetable', 'Skemaet', timetable, 'encrypt = true'], ['canteen', 'Kantinen', canteen, '']]) {
    portner.register('services', name, `
name = "${title}"
start_url = "${service.base}/received"
release = "school-day"

[saml]
name_id = "transient"
${more}
`, service.metadata);
  }

  portner.register('services', 'judge', `
name = "Dommeren"
start_url = "${judge.acsUrl}"
release = "learning"

[saml]
requests = "unsigned"
sign = "both"
`, judgeMetadata(judge));

  portner.register('services', 'learning', `
name = "Læringsportalen"
start_url = "${learning.base}/protected/received"
release = "school-day"

[oidc]
client_id = "${learning.clientId}"
redirect_uris = ["${learning.redirectUri}"]
secret = ${portner.secret('learning', learning.clientSecret)}
scopes = ["openid", "profile"]
post_logout_redirect_uris = ["${learning.goodbye}"]
backchannel_logout_uri = "${learning.redirectUri}?logout=backchannel"
`);

  portner.register('services', 'library', `
name = "Biblioteket"
start_url = "${library.base}/protected/received"
release = "school-day"

[oidc]
client_id = "${library.clientId}"
redirect_uris = ["${library.redirectUri}"]
secret = ${portner.secret('library', library.clientSecret)}
scopes = ["openid", "profile"]
frontchannel_logout_uri = "${library.redirectUri}?logout=get"
`);

  portner.register('upstreams', 'lillekoebing', localSaml('Lillekøbing Kommune', 'lillekoebing.example', sofie), await lillekoebing.metadata());

  // Its metadata names a key that it does not sign with: that of its neighbour.
  const stranger = (await falskkoebing.metadata()).replaceAll(falskkoebing.signing.base64, lillekoebing.signing.base64);
  portner.register('upstreams', 'falskkoebing', localSaml('Falskkøbing Kommune', 'falskkoebing.example', sofie), stranger);

  portner.register('upstreams', 'storkoebing', `
kind = "local"
name = "Storkøbing Kommune"
domains = ["storkoebing.example"]
institutions = ["${mads.institution.number}"]
contact = "it@storkoebing.example"
vouches_for = ["uni-id"]
ceiling = { factors = "two" }

[mapping]
subject = "uni-id"

[oidc]
issuer = "${storkoebing.issuer}"
client_id = "portner"
secret = ${portner.secret('storkoebing', secretOf('portner'))}
`);
}

/** Starts Portner, and gives its metadata to those who need it. */
async function introducePortner(world) {
  const { portner, folders, lillekoebing, falskkoebing, platform, administration, timetable, canteen, learning, library } = world;
  await portner.command('keys', 'new', '--config', portner.config);
  writeFileSync(join(portner.home, 'people.toml'), seedOf([sofie, mads]));
  await portner.command('seed', join(portner.home, 'people.toml'), '--config', portner.config);
  world.process = await startPortner(portner, folders);

  // Services know Portner by one document, each identity provider by one of its own.
  const metadata = async (path) => (await fetch(`${portner.origin}/saml/metadata${path}`)).text();
  world.portnerMetadata = join(folders.work, 'portner.xml');
  writeFileSync(world.portnerMetadata, await metadata(''));
  writeFileSync(join(lillekoebing.trusted, 'portner.xml'), await metadata('/lillekoebing'));
  writeFileSync(join(falskkoebing.trusted, 'portner.xml'), await metadata('/falskkoebing'));
  for (const mellon of [platform, administration, timetable, canteen]) mellon.idpMetadata = world.portnerMetadata;
  for (const client of [learning, library]) client.discovery = `${portner.origin}/.well-known/openid-configuration`;
}

function localSaml(name, domain, person) {
  return `
kind = "local"
name = "${name}"
domains = ["${domain}"]
institutions = ["${person.institution.number}"]
contact = "it@${domain}"
vouches_for = ["cpr", "uni-id"]
ceiling = { factors = "two" }

[mapping]
subject = "uni-id"

[saml]
assertions = "encrypted"

[saml.accept_cbc]
owner = "Afprøvningen"
reason = "SimpleSAMLphp 1.19 knows nothing newer"
until = ${new Date(Date.now() + 86_400_000).toISOString()}
`;
}

function simpleSamlPhp(folders, name, host) {
  const login = sofie.login.replace('lillekoebing', name);
  const attributes = { [WIRE.uniId]: [sofie.uniId], [WIRE.cpr]: [sofie.cpr], [WIRE.loa]: ['ToFaktor'] };
  return startSimpleSamlPhp({ ...folders, name, host, nameIdAttribute: WIRE.uniId, users: { [login]: { password: sofie.password, attributes } } });
}

async function oidcProvider({ logs }, clients) {
  const host = HOSTS.storkoebing;
  const port = await freePort(host);
  const issuer = `http://${host}:${port}`;
  const users = {
    [mads.login]: {
      password: mads.password,
      sub: mads.uniId,
      claims: { uniid: mads.uniId, unilogin_loa: 'ToFaktor' },
      acr: 'dk:unilogin:loa:ToFaktor',
      amr: ['pwd', 'otp'],
    },
  };
  const program = fileURLToPath(new URL('software/oidc-provider.mjs', import.meta.url));
  const discovery = `${issuer}/.well-known/openid-configuration`;
  const server = await start('storkoebing', process.execPath, [program, JSON.stringify({ host, port, clients, users, postedAcross: true })], { logs, ready: answers(discovery) });
  return { ...server, issuer, discovery };
}

/** A client of mod_auth_openidc that will live at this port. */
function client(port, clientId) {
  const base = `http://${HOSTS.apache}:${port}`;
  return { port, base, clientId, clientSecret: secretOf(clientId), redirectUri: `${base}/protected/callback`, goodbye: `${base}/goodbye`, scope: 'openid profile' };
}

function registration({ clientId, clientSecret, redirectUri }) {
  return { client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], grant_types: ['authorization_code'], response_types: ['code'] };
}

function secretOf(clientId) {
  return `only-for-tests-of-one-run-${clientId}`;
}

function judgeMetadata({ entityId, acsUrl }) {
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}" validUntil="${new Date(Date.now() + 30 * 86_400_000).toISOString()}">
  <SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acsUrl}"/>
  </SPSSODescriptor>
</EntityDescriptor>
`;
}
