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
