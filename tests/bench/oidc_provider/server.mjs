// The peer of `./mynasim bench`: oidc-provider with one client and everything in memory.
//
//   node server.mjs PORT JWKS     JWKS: the client's public keys, as JSON
//
// When it listens it prints one line of JSON: refresh tokens of a person who has consented,
// `jwt` for access tokens that are JWTs, `opaque` for such as are looked up.
import { generateKeyPairSync } from 'node:crypto';

import Provider from 'oidc-provider';

const [port, jwks] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const clientId = 'bench';
const accountId = 'somebody';
const resource = 'urn:bench:resource';
const redirectUri = 'https://rp.example/callback';
const scope = 'offline_access';

// The adapter that comes with oidc-provider forgets all but the last thousand of its entries.
const store = new Map();
const grants = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    const key = this.key(id);
    store.set(key, payload);
    if (payload.grantId) {
      const keys = grants.get(payload.grantId) ?? new Set();
      grants.set(payload.grantId, keys.add(key));
    }
  }

  async find(id) {
    return store.get(this.key(id));
  }

  async findByUid() {}

  async findByUserCode() {}

  async consume(id) {
    store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    store.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) store.delete(key);
    grants.delete(grantId);
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [
    {
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
      redirect_uris: [redirectUri],
      authorization_details_types: ['phr_access'],
      dpop_bound_access_tokens: true,
      jwks: JSON.parse(jwks),
    },
  ],
  cookies: { keys: ['bench'] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  findAccount: async (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  rotateRefreshToken: false,
  ttl: { AccessToken: 300, Grant: 86400, RefreshToken: 86400 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'read',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
    richAuthorizationRequests: {
      enabled: true,
      types: { phr_access: { validate() {} } },
      authorizationDetailsForGrantSource: () => undefined,
      authorizationDetailsForAccessToken: () => undefined,
      authorizationDetailsForIntrospection: () => undefined,
    },
  },
});

// oidc-provider serves its metadata under the name of OpenID Connect only.
provider.use(async (ctx, next) => {
  if (ctx.path === '/.well-known/oauth-authorization-server') {
    ctx.path = '/.well-known/openid-configuration';
  }
  await next();
});

// What the person's way through the pages would leave, without the pages.
provider.use(async (ctx, next) => {
  if (ctx.path !== '/bench/codes') return next();
  const { count, challenge } = ctx.query;
  const codes = Array.from({ length: Number(count) }, () => authorizationCode(challenge));
  ctx.body = await Promise.all(codes);
});

async function consented() {
  const grant = new provider.Grant({ clientId, accountId });
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, 'read');
  return {
    accountId,
    client: await provider.Client.find(clientId),
    grantId: await grant.save(),
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
    scope: `${scope} read`,
  };
}

async function refreshToken(extra) {
  const gty = 'authorization_code';
  return new provider.RefreshToken({ ...(await consented()), gty, ...extra }).save();
}

async function authorizationCode(codeChallenge) {
  return new provider.AuthorizationCode({
    ...(await consented()),
    codeChallenge,
    codeChallengeMethod: 'S256',
    redirectUri,
    resource,
  }).save();
}

provider.listen(Number(port), '127.0.0.1', async () => {
  const tokens = { jwt: await refreshToken({ resource }), opaque: await refreshToken({}) };
  console.log(JSON.stringify(tokens));
});
