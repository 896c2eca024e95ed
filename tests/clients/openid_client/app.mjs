// A private app as its developer would write it with openid-client. It is told by its first
// argument (JSON) which portal and client it is, prints the URL for the person's browser, reads
// the URL to which the browser came back, and then prints what it got, as JSON.

import { createInterface } from 'node:readline/promises'
import * as client from 'openid-client'

const {
  issuer, metadata, clientId, jwk, redirectUri, scope, details, profile, par, resource, steps,
} = JSON.parse(process.argv[2])

const key = await crypto.subtle.importKey(
  'jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
const config = await client.discovery(
  new URL(issuer),
  clientId,
  { id_token_signed_response_alg: 'ES256' },
  client.PrivateKeyJwt({ key, kid: jwk.kid }),
  {
    algorithm: metadata, // which of the two documents is read: "oidc" or "oauth2" (RFC 8414)
    execute: [
      ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []), // on this machine
      client.enableNonRepudiationChecks, // ID tokens are verified with the keys at jwks_uri
    ],
  },
)
const options = profile === 'fapi2'
  ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
  : {}

const verifier = client.randomPKCECodeVerifier()
const nonce = client.randomNonce()
const state = client.randomState()
const parameters = {
  redirect_uri: redirectUri,
  scope,
  authorization_details: JSON.stringify(details),
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  nonce,
  state,
}
const url = par
  ? await client.buildAuthorizationUrlWithPAR(config, parameters, options)
  : client.buildAuthorizationUrl(config, parameters)
console.log(url.href)

const lines = createInterface({ input: process.stdin })
const cameBack = new URL((await lines[Symbol.asyncIterator]().next()).value)
const found = {}

const attempt = async (name, action) => {
  try {
    found[name] = await action()
  } catch (error) {
    found[name] = { error: error.error ?? error.code ?? error.message, status: error.status }
    if (error instanceof client.WWWAuthenticateChallengeError) found[name].challenges = error.cause
  }
  return found[name]
}

const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state }
const redeem = async () => {
  const tokens = await client.authorizationCodeGrant(config, cameBack, checks, undefined, options)
  return { ...tokens, claims: tokens.claims() }
}
const read = async (token) => {
  const answer = await client.fetchProtectedResource(
    config, token, new URL(resource), 'GET', undefined, undefined, options)
  const bundle = await answer.json()
  return { status: answer.status, type: bundle.resourceType, total: bundle.total }
}

const tokens = await attempt('code', redeem)
for (const step of steps) {
  if (step === 'read') await attempt('read', () => read(tokens.access_token))
  if (step === 'introspect') {
    await attempt('introspect', () => client.tokenIntrospection(config, tokens.access_token))
  }
  if (step === 'userinfo') {
    // It compares `sub` with the ID token's.
    await attempt('userinfo',
      () => client.fetchUserInfo(config, tokens.access_token, tokens.claims.sub, options))
  }
  if (step === 'code again') await attempt('code again', redeem)
  if (step === 'refresh') {
    const renewed = await attempt('refresh',
      () => client.refreshTokenGrant(config, tokens.refresh_token, undefined, options))
    await attempt('read renewed', () => read(renewed.access_token))
  }
  if (step === 'revoke') {
    await attempt('revoke',
      async () => (await client.tokenRevocation(config, tokens.refresh_token)) ?? 'done')
    await attempt('refresh revoked',
      () => client.refreshTokenGrant(config, tokens.refresh_token, undefined, options))
    await attempt('read revoked', () => read(tokens.access_token))
  }
}
console.log(JSON.stringify(found))
process.exit(0)
