// Keycloak in all its roles, once it is there.

import { checkKeycloakAsLogin } from './keycloak-login.mjs';
import { checkKeycloakAsService } from './keycloak-service.mjs';

/** `starting` is the promise of a Keycloak that was started before. */
export async function checkKeycloak(report, world, starting) {
  report.section('Keycloak');
  const isThere = await report.check('it has started', async () => { world.keycloak = await starting; });
  if (!isThere) return;
  await checkKeycloakAsLogin(report, world);
  await checkKeycloakAsService(report, world);
}
