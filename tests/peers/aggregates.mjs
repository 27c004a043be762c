// A federation's aggregate of real size: InCommon as it was in 2014, taken from the package of
// somebody who tested with it. Signed anew, because its own signature has run out.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { sofie } from './people.mjs';
import { protectedPage } from './sessions.mjs';
import { received } from './software/apache.mjs';
import { readAnew } from './support/attach.mjs';
import { Browser } from './support/browser.mjs';
import { newKeyPair } from './support/keys.mjs';
import { freePort, run } from './support/processes.mjs';

const AGGREGATE = join(process.env.PORTNER_PEERS_DIR, 'aggregates/incommon-2014.xml');
const HOST = '127.0.0.24';
const SAML2 = 'urn:oasis:names:tc:SAML:2.0:protocol';
// What 9 MB may cost where 90 MB may cost 3 s and 30 MB, with a neighbour on the machine.
const MOST = { seconds: 1.5, megabytes: 30 };

/** Takes it as a feed, counts what is served of it, and logs in beside it. */
export async function checkAggregate(report, world) {
  report.section('A federation of real size');
  const { portner, process: { child, logFile } } = world;
  const source = readFileSync(AGGREGATE, 'utf8');
  const entities = source.split('<EntityDescriptor ').slice(1);
  const modern = entities.filter((entity) => new RegExp(`<(SP|IDP)SSODescriptor [^>]*"[^"]*${SAML2}`).test(entity)).length;
  const before = served(logFile);
  let server;

  await report.check(`\`portner metadata refresh\` takes it under a signature of xmlsec1: ${entities.length} entities, ${(source.length / 1e6).toFixed(1)} MB`, async () => {
    assert.equal(entities.length, 1888);
    const pair = await newKeyPair(world.folders.work, 'federation');
    server = await publish(await signedAnew(world.folders.work, source, pair));
    writeFileSync(join(portner.home, 'metadata/federation.pem'), readFileSync(pair.certificate));
    writeFileSync(join(portner.home, 'metadata/feeds.toml'), rules(server.url));
    const told = await portner.command('metadata', 'refresh', 'incommon', '--config', portner.config);
    assert.match(told, /^feeds\/incommon: fetched at \d/m);
  });

  await report.check(`who speaks SAML 2.0 is served or named (${modern}), for at most ${MOST.seconds} s of processor time and ${MOST.megabytes} MB`, async () => {
    const idle = usage(child.pid);
    await readAnew(world);
    const [after, busy] = [served(logFile), usage(child.pid)];
    const { services, upstreams } = { services: after.services - before.services, upstreams: after.upstreams - before.upstreams };
    assert.ok(services > 1400 && upstreams > 300, `${services} services, ${upstreams} upstreams`);
    assert.equal(services + upstreams + after.passedOver, modern, `${services} services, ${upstreams} upstreams, ${after.passedOver} passed over`);
    const cost = { seconds: busy.seconds - idle.seconds, megabytes: busy.megabytes - idle.megabytes };
    assert.ok(cost.seconds <= MOST.seconds && cost.megabytes <= MOST.megabytes, JSON.stringify(cost));
  });

  await report.check('nobody of it is taken with a signature that is not the federation\'s', async () => {
    const feed = await (await fetch(server.url)).text();
    server.say(feed.replace('urn:mace:incommon:osu.edu', 'urn:mace:incommon:oso.edu'));
    await assert.rejects(portner.command('metadata', 'refresh', 'incommon', '--config', portner.config), ({ stdout }) => /^feeds\/incommon: .*signature/m.test(stdout));
    const serving = served(logFile);
    await readAnew(world);
    assert.deepEqual(served(logFile), serving);
  });

  await report.check('logins go on beside it', async () => {
    const values = received(await new Browser().visit(protectedPage(world.learning), sofie));
    assert.equal(values.OIDC_CLAIM_uniid, sofie.uniId);
  });
  server?.close();
}

/** The same document with a validity of today and a signature by this key. */
async function signedAnew(folder, source, { key }) {
  const algorithm = (uri) => `Algorithm="http://www.w3.org/${uri}"`;
  const empty = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod ${algorithm('2001/10/xml-exc-c14n#')}/><ds:SignatureMethod ${algorithm('2001/04/xmldsig-more#rsa-sha256')}/><ds:Reference URI="#feed"><ds:Transforms><ds:Transform ${algorithm('2000/09/xmldsig#enveloped-signature')}/><ds:Transform ${algorithm('2001/10/xml-exc-c14n#')}/></ds:Transforms><ds:DigestMethod ${algorithm('2001/04/xmlenc#sha256')}/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`;
  const template = source
    .replace(/<ds:Signature [\s\S]*?<\/ds:Signature>/, empty)
    .replace(/\bID="[^"]*"/, 'ID="feed"')
    .replace(/\bvalidUntil="[^"]*"/, `validUntil="${new Date(Date.now() + 7 * 86_400_000).toISOString()}"`);
  const [unsigned, signed] = ['federation-unsigned.xml', 'federation.xml'].map((name) => join(folder, name));
  writeFileSync(unsigned, template);
  await run('xmlsec1', ['--sign', '--privkey-pem', key, '--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:metadata:EntitiesDescriptor', '--output', signed, unsigned]);
  return readFileSync(signed, 'utf8');
}

/** A web server that says one document, and another from when it is told to. */
async function publish(document) {
  let said = document;
  const port = await freePort(HOST);
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/samlmetadata+xml' }).end(said));
  await new Promise((resolve) => server.listen(port, HOST, resolve));
  return { url: `http://${HOST}:${port}/feed.xml`, say: (other) => { said = other; }, close: () => server.close() };
}

function rules(url) {
  return `[incommon]
url = "${url}"
key = "federation.pem"

[[incommon.upstreams]]
all = true
kind = "local"
institutions = ["${sofie.institution.number}"]
vouches_for = ["uni-id"]
contact = "it@incommon.example"
ceiling = { factors = "one" }
mapping = { subject = "uni-id" }

[[incommon.services]]
all = true
release = "pseudonym"
start_url = "https://incommon.example/"
`;
}

/** How many parties Portner said that it serves, last. */
function served(logFile) {
  const log = readFileSync(logFile, 'utf8');
  const last = (pattern) => Number([...log.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return {
    services: last(/the parties were read anew services=(\d+)/g),
    upstreams: last(/the parties were read anew services=\d+ upstreams=(\d+)/g),
    passedOver: last(/are passed over feed="incommon" parties=(\d+)/g),
  };
}

/** Processor time since its start, and what it has of the memory. */
function usage(pid) {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields[0].split(' ').slice(11, 13).map(Number);
  const kilobytes = Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  return { seconds: (user + system) / 100, megabytes: kilobytes / 1024 };
}
