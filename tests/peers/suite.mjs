// The peers suite: starts the third-party software and Portner, logs users in, says what held.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAggregate } from './aggregates.mjs';
import { checkAuthlib } from './authlib.mjs';
import { checkBrokeredLogins } from './brokered.mjs';
import { checkPeersDirectly } from './direct.mjs';
import { checkEmitted } from './emitted.mjs';
import { checkKeycloak } from './keycloak.mjs';
import { checkLibraries } from './libraries.mjs';
import { checkLogouts } from './logouts.mjs';
import { checkOidcLoginOverTime } from './oidc-login.mjs';
import { checkOpenidClient } from './openid-client.mjs';
import { checkRefusals } from './refusals.mjs';
import { checkShibboleth } from './shibboleth.mjs';
import { checkSimpleSamlPhpService } from './simplesamlphp.mjs';
import { startKeycloak } from './software/keycloak.mjs';
import { stopAll } from './support/processes.mjs';
import { Report } from './support/report.mjs';
import { checkJudgements } from './judges.mjs';
import { startWorld } from './world.mjs';

const work = mkdtempSync(join(tmpdir(), 'portner-peers-run-'));
const report = new Report();
let code = 1;
try {
  const world = await startWorld(work);
  // It takes longer to start than all that comes before it takes to run.
  const keycloak = startKeycloak(world.folders);
  keycloak.catch(() => {}); // told where it is needed
  await checkPeersDirectly(report, world);
  if (world.portner) {
    await checkBrokeredLogins(report, world);
    await checkJudgements(report, world);
    await checkRefusals(report, world);
    await checkOpenidClient(report, world);
    await checkAuthlib(report, world);
    await checkOidcLoginOverTime(report, world);
    await checkLogouts(report, world);
    await checkShibboleth(report, world);
    await checkSimpleSamlPhpService(report, world);
    await checkLibraries(report, world);
    await checkKeycloak(report, world, keycloak);
    await checkAggregate(report, world);
    await checkEmitted(report, world); // the last: it reads what the others left, and changes the keys
  }
  code = report.finish();
} catch (error) {
  console.error(error.stack ?? error);
  report.finish();
} finally {
  await stopAll();
}
if (code === 0) rmSync(work, { recursive: true, force: true });
else console.error(`logs are kept in ${join(work, 'logs')}`);
process.exit(code);
