// A private app as its developer would write it with fhirclient: a page that launches it, and one
// where the person comes back to. It is told by its first argument (JSON) which FHIR server and
// client it is, says a word once it listens, and answers at /back with what it found, as JSON.

import { createServer } from 'node:http'
import smart from 'fhirclient'

const { iss, clientId, jwk, scope, port, refresh } = JSON.parse(process.argv[2])

const session = {} // there is one person
const found = async (name, action) => [name, await action().catch((error) => ({
  error: error.message, status: error.status ?? error.statusCode,
}))]

const back = async (request, response) => {
  const client = await smart(request, response).ready()
  const { tokenResponse, ...state } = client.state
  const observations = await client.request('Observation?_count=3')
  const [first] = observations.entry
  if (refresh) { // which it offers to public clients, and to those with a shared secret
    client.environment.options.refreshTokenWithClientId = true
    await client.refresh()
  }
  return {
    refreshed: client.state.tokenResponse,
    ...Object.fromEntries(await Promise.all([
      found('patient', () => client.patient.read()),
      found('user', () => client.user.read()),
      found('one', () => client.request(`Observation/${first.resource.id}`)),
      found('report', () => client.request('DiagnosticReport')),
    ])),
    observations,
    tokens: tokenResponse,
    pkce: state.codeChallengeMethods,
    fhirUser: client.user.fhirUser,
    patientId: client.patient.id,
    banner: client.getState('tokenResponse.need_patient_banner'),
  }
}

const server = createServer(async (request, response) => {
  request.session = session
  try {
    if (request.url === '/launch') {
      await smart(request, response).authorize({
        iss, clientId, scope, redirectUri: '/back', clientPrivateJwk: jwk, pkceMode: 'required',
      })
    } else {
      const answer = JSON.stringify(await back(request, response))
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    }
  } catch (error) {
    response.writeHead(500).end(String(error.stack))
  }
})
server.listen(port, '127.0.0.1', () => console.log('listening'))
