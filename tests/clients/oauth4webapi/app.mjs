// A private app as its developer would write it with oauth4webapi, which leaves each request and
// the judging of its answer to the app. What it is told and what it prints is as with
// ../openid_client/app.mjs.

import { createInterface } from 'node:readline/promises'
import * as oauth from 'oauth4webapi'

const {
  issuer, metadata, clientId, jwk, redirectUri, scope, details, profile, par, resource, steps,
} = JSON.parse(process.argv[2])

const http = { [oauth.allowInsecureRequests]: true } // the portal is on this machine
const key = await crypto.subtle.importKey(
  'jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
const authentication = oauth.PrivateKeyJwt({ key, kid: jwk.kid })
const client = { client_id: clientId, id_token_signed_response_alg: 'ES256' }
const options = profile === 'fapi2'
  ? { ...http, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) }
  : http
// Which of the two documents is read: "oidc" or "oauth2" (RFC 8414).
const server = await oauth.processDiscoveryResponse(
  new URL(issuer),
  await oauth.discoveryRequest(new URL(issuer), { ...http, algorithm: metadata }),
)

// A server may want its nonce in a DPoP proof, and says so by refusing the first (RFC 9449 8).
const asked = async (send) => {
  try {
    return await send()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return send()
  }
}

const verifier = oauth.generateRandomCodeVerifier()
const nonce = oauth.generateRandomNonce()
const state = oauth.generateRandomState()
const parameters = {
  client_id: clientId,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope,
  authorization_details: JSON.stringify(details),
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  nonce,
  state,
}
const pushed = () => asked(async () => {
  const answer = await oauth.pushedAuthorizationRequest(
    server, client, authentication, parameters, options)
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, answer)
  return { client_id: clientId, request_uri }
})
const url = new URL(server.authorization_endpoint)
url.search = new URLSearchParams(par ? await pushed() : parameters)
console.log(url.href)

const lines = createInterface({ input: process.stdin })
const cameBack = new URL((await lines[Symbol.asyncIterator]().next()).value)
const found = {}

const attempt = async (name, action) => {
  try {
    found[name] = await action()
  } catch (error) {
    found[name] = { error: error.error ?? error.code ?? error.message, status: error.status }
    if (error instanceof oauth.WWWAuthenticateChallengeError) {
      found[name].challenges = error.cause
    }
  }
  return found[name]
}

const redeem = () => asked(async () => {
  const callback = oauth.validateAuthResponse(server, client, cameBack, state)
  const answer = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, callback, redirectUri, verifier, options)
  const tokens = await oauth.processAuthorizationCodeResponse(
    server, client, answer, { expectedNonce: nonce, requireIdToken: true })
  await oauth.validateApplicationLevelSignature(server, answer, http) // with the keys at jwks_uri
  return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) }
})
const refresh = (token) => asked(async () => oauth.processRefreshTokenResponse(
  server, client,
  await oauth.refreshTokenGrantRequest(server, client, authentication, token, options)))
const introspect = async (token) => oauth.processIntrospectionResponse(
  server, client, await oauth.introspectionRequest(server, client, authentication, token, http))
const userInfo = (token, sub) => asked(async () => oauth.processUserInfoResponse(
  server, client, sub, await oauth.userInfoRequest(server, client, token, options)))
const revoke = async (token) => {
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, token, http))
  return 'done'
}
const read = (token) => asked(async () => {
  const answer = await oauth.protectedResourceRequest(
    token, 'GET', new URL(resource), undefined, undefined, options)
  const bundle = await answer.json()
  return { status: answer.status, type: bundle.resourceType, total: bundle.total }
})

const tokens = await attempt('code', redeem)
for (const step of steps) {
  if (step === 'read') await attempt('read', () => read(tokens.access_token))
  if (step === 'introspect') await attempt('introspect', () => introspect(tokens.access_token))
  if (step === 'userinfo') {
    await attempt('userinfo', () => userInfo(tokens.access_token, tokens.claims.sub))
  }
  if (step === 'code again') await attempt('code again', redeem)
  if (step === 'refresh') {
    const renewed = await attempt('refresh', () => refresh(tokens.refresh_token))
    await attempt('read renewed', () => read(renewed.access_token))
  }
  if (step === 'revoke') {
    await attempt('revoke', () => revoke(tokens.refresh_token))
    await attempt('refresh revoked', () => refresh(tokens.refresh_token))
    await attempt('read revoked', () => read(tokens.access_token))
  }
}
console.log(JSON.stringify(found))
process.exit(0)
