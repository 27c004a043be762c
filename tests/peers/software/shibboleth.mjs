// Shibboleth SP: `shibd` and the module in an Apache of its own. As Debian has it, but for what
// its documentation asks of every installation, and plain http, since all of it is on loopback.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { newKeyPair } from '../support/keys.mjs';
import { answers, freePort, start } from '../support/processes.mjs';
import { writeReceived } from './apache.mjs';

const MODULES = '/usr/lib/apache2/modules';

/**
 * Starts one at `host` that fetches the metadata of its identity provider from `idpMetadata` and
 * believes it under a signature of `metadataSigner` (a certificate's PEM).
 */
export async function startShibboleth({ work, logs, host, idpMetadata, metadataSigner }) {
  const home = join(work, 'shibboleth');
  mkdirSync(home, { recursive: true });
  const port = await freePort(host);
  const base = `http://${host}:${port}`;
  const entityId = `${base}/shibboleth`;
  const [signing, encryption] = await Promise.all([newKeyPair(home, 'signing'), newKeyPair(home, 'encryption')]);
  const received = writeReceived(home);
  const signer = join(home, 'portner-metadata.pem');
  writeFileSync(signer, metadataSigner);
  for (const logger of ['shibd', 'native']) writeFileSync(join(home, `${logger}.logger`), loggerTo(join(logs, `shibboleth-${logger}.log`)));
  writeFileSync(join(logs, 'shibboleth-native.log'), '');
  chmodSync(join(logs, 'shibboleth-native.log'), 0o666); // written by the account that Apache runs as

  const settings = join(home, 'shibboleth2.xml');
  writeFileSync(settings, `<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
  <OutOfProcess logger="${home}/shibd.logger"/>
  <InProcess logger="${home}/native.logger"/>
  <UnixListener address="${home}/shibd.sock"/>
  <ApplicationDefaults entityID="${entityId}" REMOTE_USER="eppn subject-id pairwise-id persistent-id" signing="front">
    <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false" cookieProps="http" redirectLimit="exact">
      <SSO entityID="${idpMetadata}">SAML2</SSO>
      <Logout>SAML2 Local</Logout>
      <LogoutInitiator type="Chaining" Location="/LogoutAndBack">
        <LogoutInitiator type="SAML2" asynchronous="false"/>
        <LogoutInitiator type="Local"/>
      </LogoutInitiator>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
      <Handler type="Session" Location="/Session" showAttributeValues="true"/>
    </Sessions>
    <Errors supportContact="it@skole.example"/>
    <MetadataProvider type="XML" validate="true" url="${idpMetadata}" backingFilePath="${home}/portner.xml" maxRefreshDelay="7200">
      <MetadataFilter type="RequireValidUntil" maxValidityInterval="2419200"/>
      <MetadataFilter type="Signature" certificate="${signer}" verifyBackup="false"/>
    </MetadataProvider>
    <AttributeExtractor type="XML" validate="true" path="attribute-map.xml"/>
    <AttributeFilter type="XML" validate="true" path="attribute-policy.xml"/>
    <CredentialResolver type="File" use="signing" key="${signing.key}" certificate="${signing.certificate}"/>
    <CredentialResolver type="File" use="encryption" key="${encryption.key}" certificate="${encryption.certificate}"/>
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" validate="true" path="security-policy.xml"/>
  <ProtocolProvider type="XML" validate="true" reloadChanges="false" path="protocols.xml"/>
</SPConfig>
`);

  const shibd = await start('shibd', '/usr/sbin/shibd', ['-F', '-f', '-c', settings, '-p', join(home, 'shibd.pid')], {
    logs,
    ready: listens(join(home, 'shibd.sock')),
  });

  writeFileSync(join(home, 'goodbye'), 'Farvel\n');
  const configuration = join(home, 'apache.conf');
  writeFileSync(configuration, `
ServerRoot "${home}"
PidFile "${home}/pid"
DefaultRuntimeDir "${home}"
Mutex file:${home} default
ServerName ${base}
UseCanonicalName On
Listen ${host}:${port}
${['mpm_prefork', 'authn_core', 'authz_core', 'authz_user', 'alias', 'cgi', 'env', 'shib'].map((module) => `LoadModule ${module === 'shib' ? 'mod_shib' : `${module}_module`} ${MODULES}/mod_${module}.so`).join('\n')}
StartServers 1
MinSpareServers 1
MaxRequestWorkers 8
ErrorLog "${logs}/shibboleth-apache-error.log"
DocumentRoot "${home}"
<Directory />
  AllowOverride None
</Directory>
<Directory "${home}">
  Require all granted
</Directory>
${process.getuid() === 0 ? 'User nobody\nGroup nogroup' : ''}
ShibConfig "${settings}"
<Location /Shibboleth.sso>
  AuthType None
  Require all granted
</Location>
ScriptAlias /received "${received}"
<Location /received>
  AuthType shibboleth
  ShibRequestSetting requireSession 1
  Require shib-session
</Location>
`);
  const apache = await start('shibboleth-apache', 'apache2', ['-f', configuration, '-DFOREGROUND'], { logs, ready: answers(`${base}/goodbye`), seconds: 60 });
  return {
    base,
    entityId,
    goodbye: `${base}/goodbye`,
    logout: `${base}/Shibboleth.sso/Logout`,
    logoutAndBack: `${base}/Shibboleth.sso/LogoutAndBack?return=${encodeURIComponent(`${base}/goodbye`)}`,
    metadata: async () => (await fetch(`${base}/Shibboleth.sso/Metadata`)).text(),
    processes: [shibd, apache],
  };
}

function listens(socket) {
  return () => new Promise((resolve) => {
    const connection = connect(socket, () => { connection.destroy(); resolve(true); });
    connection.on('error', () => resolve(false));
  });
}

function loggerTo(file) {
  return `log4j.rootCategory=INFO, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.fileName=${file}
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{%Y-%m-%d %H:%M:%S} %p %c %x: %m%n
`;
}
