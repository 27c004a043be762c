// Registers services with a Portner that runs, in the steps of the manual's "Attach a service".

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Adds a SAML service by its metadata, writes down what is decided about it, and waits until it is served. */
export async function attachSamlService({ portner, process, folders }, name, metadata, decisions) {
  const file = join(folders.work, `${name}-metadata.xml`);
  writeFileSync(file, metadata);
  await portner.command('metadata', 'add', file, '--name', name, '--config', portner.config);
  writeFileSync(join(portner.home, 'metadata/services', `${name}.toml`), `enabled = true\n${decisions}`);
  assert.match(await portner.command('check', '--config', portner.config), /ready: /);
  await readAnew({ process });
}

/** Has Portner read its files anew (SIGHUP), and waits until it has. */
export async function readAnew({ process: { child, logFile } }) {
  const times = () => readFileSync(logFile, 'utf8').split('the parties were read anew').length;
  const before = times();
  child.kill('SIGHUP');
  for (const end = Date.now() + 10_000; times() === before;) {
    assert.ok(Date.now() < end, 'Portner did not read its files anew');
    await sleep(20);
  }
}
