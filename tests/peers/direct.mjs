// The peers against each other, without Portner: proves that their settings work, so that a
// failure through Portner is Portner's.

import assert from 'node:assert/strict';
import { received } from './software/apache.mjs';
import { mads, sofie } from './people.mjs';
import { Browser } from './support/browser.mjs';

/** Checks both protocols. */
export async function checkPeersDirectly(report, { directMellon, directClient }) {
  report.section('Peers against each other, without Portner');

  await report.check('SimpleSAMLphp → mod_auth_mellon, encrypted', async () => {
    const page = await new Browser().visit(`${directMellon.base}/received`, sofie);
    const values = received(page);
    assert.equal(values.MELLON_NAME_ID, sofie.uniId);
    assert.equal(values.MELLON_dk_unilogin_loa, 'ToFaktor');
    assert.match(Buffer.from(values.MELLON_SAML_RESPONSE, 'base64').toString(), /<saml:EncryptedAssertion>/);
  });

  await report.check('oidc-provider → mod_auth_openidc', async () => {
    const page = await new Browser().visit(`${directClient.base}/protected/received`, mads);
    const values = received(page);
    assert.equal(values.OIDC_CLAIM_sub, mads.uniId);
    assert.equal(values.OIDC_CLAIM_acr, 'dk:unilogin:loa:ToFaktor');
  });
}
