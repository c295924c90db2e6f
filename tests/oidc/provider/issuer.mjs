// An OpenID provider that RA Desk's authors did not write (npm: oidc-provider), set up in the shape of NHS CIS2
// Authentication. Everybody who comes is signed in at once as one made-up RA user. What the tests see of it goes over
// standard output, a line each.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

import { Provider } from 'oidc-provider';

const { PORT, TLS_CERTIFICATE, TLS_KEY, CLIENT, CLIENT_JWKS, REDIRECT_URIS, LOGOUT_URI, PERSON, ROLE } = process.env;
const SCOPES = 'openid profile nationalrbacaccess associatedorgs selectedrole changedrole';

const key = (kid) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  alg: 'RS256',
  kid,
  use: 'sig',
});

// The last session.
let session;

const provider = new Provider(`https://localhost:${PORT}`, {
  acrValues: ['AAL3_ANY'],
  claims: {
    acr: null,
    auth_time: null,
    iss: null,
    sid: null,
    openid: ['sub', 'at_hash', 'id_assurance_level', 'authentication_assurance_level', 'selected_roleid'],
    profile: ['name', 'given_name', 'family_name'],
    nationalrbacaccess: ['nhsid_useruid', 'nhsid_nrbac_roles'],
    associatedorgs: ['nhsid_user_orgs'],
  },
  clients: [
    {
      client_id: CLIENT,
      application_type: 'native',
      backchannel_logout_session_required: true,
      backchannel_logout_uri: LOGOUT_URI,
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: 'RS256',
      jwks: JSON.parse(readFileSync(CLIENT_JWKS, 'utf8')),
      redirect_uris: REDIRECT_URIS.split(' '),
      response_types: ['code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS512',
    },
  ],
  clientAuthMethods: ['private_key_jwt'],
  conformIdTokenClaims: false,
  cookies: { keys: ['made up for one run'] },
  enabledJWA: { clientAuthSigningAlgValues: ['RS512'] },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: false },
    rpInitiatedLogout: { enabled: true },
  },
  // By itself it calls nobody on its own computer, which is where the gateway of a test is.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
  findAccount: (ctx, sub) => ({
    accountId: sub,
    claims: (use) => ({
      sub,
      name: 'AGENT ROBIN',
      given_name: 'Robin',
      family_name: 'Agent',
      nhsid_useruid: sub,
      nhsid_nrbac_roles: [
        {
          person_roleid: ROLE,
          org_code: 'B81603',
          role_code: 'S0080:G0440:R5090',
          role_name: '"Admin & Clerical":"Admin":"Registration Authority Agent"',
        },
      ],
      nhsid_user_orgs: [{ org_code: 'B81603', org_name: 'A practice' }],
      id_assurance_level: '3',
      authentication_assurance_level: '3',
      selected_roleid: ROLE,
      // CIS2 gives it in the code flow, where it may be left out. The provider makes the hash.
      at_hash: use === 'id_token' ? ctx.oidc.entities.AccessToken.jti : undefined,
    }),
  }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [key('first'), key('second')] },
  // Whoever uses an authenticator has agreed to its terms: nobody is asked again.
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ accountId: ctx.oidc.session.accountId, clientId: ctx.oidc.client.clientId });
    grant.addOIDCScope(SCOPES);
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  scopes: SCOPES.split(' '),
});

provider.on('authorization_code.saved', (code) => {
  session = code.sid;
});
for (const event of ['grant.error', 'authorization.error', 'server_error', 'userinfo.error']) {
  provider.on(event, (_, error) => console.log(`${event}: ${error.message} ${error.error_detail ?? ''}`));
}
provider.on('grant.success', (ctx) => console.log(`granted ${ctx.oidc.params.grant_type}`));

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) {
    ctx.respond = false;
    const { prompt } = await provider.interactionDetails(ctx.req, ctx.res);
    const login = { accountId: PERSON, acr: 'AAL3_ANY', amr: ['N3_SMARTCARD'] };
    // A program on somebody's own computer is asked about at each sign-in: they press yes.
    const result = prompt.name === 'login' ? { login } : { consent: {} };
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  } else if (ctx.path === '/end-every-session') {
    // As when the person's session at the issuer ends: the provider makes and sends its own logout token.
    const client = await provider.Client.find(CLIENT);
    await client.backchannelLogout(PERSON, session);
    ctx.body = 'told';
  } else {
    await next();
  }
});

const tls = { cert: readFileSync(TLS_CERTIFICATE), key: readFileSync(TLS_KEY) };
createServer(tls, provider.callback()).listen(Number(PORT), '127.0.0.1', () => console.log('issuer ready'));
