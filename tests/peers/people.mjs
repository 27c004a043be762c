// The users of the peers suite: fictional, one per municipality.

/** A pupil whose municipality runs SimpleSAMLphp. */
export const sofie = {
  login: 'sofie@lillekoebing.example',
  password: 'havregryn-og-regnbuer',
  userName: 'sofie.lund',
  uniId: 'sofi0101',
  cpr: '0102121234',
  givenName: 'Sofie',
  familyName: 'Lund',
  group: 'Elev',
  institution: { number: '101001', name: 'Lillekøbing Skole', cvr: '10000001' },
};

/** A teacher whose municipality runs an OpenID Connect provider. */
export const mads = {
  login: 'mads@storkoebing.example',
  password: 'tavlekridt-og-kaffe',
  userName: 'mads.holm',
  uniId: 'mads0202',
  cpr: '0203801235',
  givenName: 'Mads',
  familyName: 'Holm',
  group: 'Medarbejder',
  institution: { number: '202002', name: 'Storkøbing Skole', cvr: '20000002' },
};

/** A pupil whose municipality runs Keycloak, by SAML. */
export const ida = {
  login: 'ida@mellemkoebing.example',
  password: 'sommerfugle-og-saft',
  userName: 'ida.berg',
  uniId: 'idab0303',
  cpr: '0405101236',
  givenName: 'Ida',
  familyName: 'Berg',
  group: 'Elev',
  institution: { number: '303003', name: 'Mellemkøbing Skole', cvr: '30000003' },
};

/** A teacher whose municipality runs Keycloak, by OpenID Connect. */
export const otto = {
  login: 'otto@oestkoebing.example',
  password: 'regnjakke-og-rundbold',
  userName: 'otto.dam',
  uniId: 'otto0404',
  cpr: '0607751235',
  givenName: 'Otto',
  familyName: 'Dam',
  group: 'Medarbejder',
  institution: { number: '404004', name: 'Østkøbing Skole', cvr: '40000004' },
};

/** A teacher whose municipality changes its keys. */
export const karla = {
  login: 'karla@nordkoebing.example',
  password: 'piberygning-og-parabler',
  userName: 'karla.vind',
  uniId: 'karl0505',
  cpr: '0708821234',
  givenName: 'Karla',
  familyName: 'Vind',
  group: 'Medarbejder',
  institution: { number: '505005', name: 'Nordkøbing Skole', cvr: '50000005' },
};
