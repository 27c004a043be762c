// SimpleSAMLphp as a service: its SP and three pages of its own.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKeyPair } from '../support/keys.mjs';
import { PROGRAM, layOut, php, serve, signedUp } from './simplesamlphp.mjs';

/** Starts one at `host` that knows the identity provider `idpEntityId` by the text `idpMetadata`. */
export async function startSimpleSamlPhpService({ name, work, logs, host, idpEntityId, idpMetadata }) {
  const installation = await layOut({ name, work, logs, host, roles: { 'enable.saml20-idp': false } });
  const { home, cert, trusted, base } = installation;
  const pair = await newKeyPair(cert, 'service');
  const entityId = `${base}/sp`;
  writeFileSync(join(trusted, 'idp.xml'), idpMetadata);
  writeFileSync(join(home, 'authsources.php'), php('config', {
    'default-sp': {
      0: 'saml:SP',
      entityID: entityId,
      idp: idpEntityId,
      privatekey: pair.key,
      certificate: pair.certificate,
      // Without this it asks for another name at each login, which Portner gives to those alone that are registered for it.
      NameIDPolicy: { Format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', AllowCreate: true },
      'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      'sign.authnrequest': true,
      'redirect.sign': true,
      'sign.logout': true,
      'validate.logout': true,
      WantAssertionsSigned: true,
      'assertion.encryption': true,
    },
  }));

  const router = join(home, 'router.php');
  writeFileSync(router, `<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (!in_array($path, ['/received', '/logout', '/goodbye'], true)) return false;
if ($path === '/goodbye') exit('Farvel');
require '${PROGRAM}/lib/_autoload.php';
$login = new \\SimpleSAML\\Auth\\Simple('default-sp');
if ($path === '/logout') $login->logout('${base}/goodbye');
$login->requireAuth();
$name = $login->getAuthData('saml:sp:NameID');
header('Content-Type: application/json');
echo json_encode(['nameId' => $name->getValue(), 'format' => $name->getFormat(), 'attributes' => $login->getAttributes()]);
`);
  const server = await serve({ ...installation, name, logs, host, router: [router] });
  return {
    ...server,
    base,
    entityId,
    goodbye: `${base}/goodbye`,
    logout: `${base}/logout`,
    metadata: () => signedUp(`${base}/module.php/saml/sp/metadata.php/default-sp`),
  };
}
