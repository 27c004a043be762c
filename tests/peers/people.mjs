// The users of the peers suite: fictional, one per way of logging in.

/** A pupil whose municipality runs SimpleSAMLphp. */
export const sofie = {
  login: 'sofie@lillekoebing.example',
  password: 'havregryn-og-regnbuer',
  uniId: 'sofi0101',
  cpr: '0102121234',
  givenName: 'Sofie',
  familyName: 'Lund',
  group: 'Elev',
};

/** A teacher whose municipality runs an OpenID Connect provider. */
export const mads = {
  login: 'mads@storkoebing.example',
  password: 'tavlekridt-og-kaffe',
  uniId: 'mads0202',
  cpr: '0203801235',
  givenName: 'Mads',
  familyName: 'Holm',
  group: 'Medarbejder',
};
