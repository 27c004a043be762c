// Portner itself, with a home of its own: configuration, parties, keys, a directory of two people.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answers, run, start } from '../support/processes.mjs';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes an empty home for a Portner that will live at `host:port`. */
export function preparePortner({ work, host, port }) {
  const home = join(work, 'portner');
  for (const folder of ['metadata/services', 'metadata/upstreams', 'secrets', 'data']) mkdirSync(join(home, folder), { recursive: true });
  const origin = `http://${host}:${port}`;
  const config = join(home, 'portner.toml');
  writeFileSync(config, `
origin = "${origin}"
scope = "portner.example"

[listen]
public = ["${host}:${port}"]

[store]
url = "sqlite:${join(home, 'data/portner.db')}"

[keys]
directory = "${join(home, 'keys')}"

[files]
metadata = "${join(home, 'metadata')}"
attributes = "${join(REPOSITORY, 'config/attributes.toml')}"
releases = "${join(REPOSITORY, 'config/releases.toml')}"
trust = "${join(home, 'data/trust')}"

# The peers live on loopback.
[egress]
private_addresses = true

[log]
filter = "info,portner=debug"
`);
  return {
    home,
    origin,
    config,
    callback: (upstream) => `${origin}/oidc/callback/${upstream}`,
    /** Registers a party: `kind` is `services` or `upstreams`; `xml` its SAML metadata. */
    register(kind, name, toml, xml) {
      writeFileSync(join(home, 'metadata', kind, `${name}.toml`), toml);
      if (xml) writeFileSync(join(home, 'metadata', kind, `${name}.xml`), xml);
    },
    /** Keeps a secret as a file; the TOML that names it. */
    secret(name, value) {
      const file = join(home, 'secrets', name);
      writeFileSync(file, value, { mode: 0o600 });
      return `{ file = "${file}" }`;
    },
    /** The certificate beside one of its keys, as PEM. */
    certificate: (key) => readFileSync(join(home, 'keys', `${key}.pem`), 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/)[0],
    /** A command of Portner's; its standard output. */
    command: (...words) => run(process.env.PORTNER, words, { cwd: REPOSITORY }),
  };
}

/** The directory of people as a seed file. */
export function seedOf(people) {
  return people.map(({ userName, uniId, cpr, givenName, familyName, group, institution }) => `
[[institution]]
number = "${institution.number}"
name = "${institution.name}"
cvr = "${institution.cvr}"

[[person]]
given-name = "${givenName}"
family-name = "${familyName}"
cpr = "${cpr}"

[[person.account]]
user-name = "${userName}"
uni-id = "${uniId}"

[[person.account.actor]]
group = "${group.toLowerCase()}"
institution = "${institution.number}"
`).join('');
}

/** Starts `portner serve` and waits until it answers. */
export function startPortner(portner, { logs }) {
  return start('portner', process.env.PORTNER, ['serve', '--config', portner.config], {
    logs,
    cwd: portner.home,
    ready: answers(`${portner.origin}/.well-known/openid-configuration`),
  });
}

/** Has a Portner that runs read its parties anew, as SIGHUP does, and waits until it has. */
export async function readAnew({ process: { child, logFile } }) {
  const log = () => readFileSync(logFile, 'utf8');
  const before = log().length;
  child.kill('SIGHUP');
  for (let tries = 0; tries < 100; tries += 1) {
    const said = log().slice(before);
    if (said.includes('the parties were read anew')) {
      const faults = said.split('\n').filter((line) => /"level":"ERROR"|\bERROR\b/.test(line));
      if (faults.length > 0) throw new Error(`Portner has something against its files:\n${faults.join('\n')}`);
      return;
    }
    await sleep(50);
  }
  throw new Error('Portner did not read its parties anew');
}
