// Makes a key pair for the app in this browser: the public half goes into the form, the private
// half into a file. Nothing here sends anything.
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const maker = document.getElementById('key-maker')
const field = document.getElementById('jwks')
const file = document.getElementById('key-file')

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

// RFC 7638: the members that a thumbprint is over, in lexicographic order.
const thumbprint = async ({ crv, kty, x, y }) =>
  base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify({ crv, kty, x, y }))))

const make = async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const { crv, kty, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const jwk = { kty, crv, x, y, kid: await thumbprint({ crv, kty, x, y }), alg: 'ES256', use: 'sig' }
  field.value = JSON.stringify({ keys: [jwk] }, null, 1)
  look()
  URL.revokeObjectURL(file.href)
  file.href = URL.createObjectURL(new Blob([JSON.stringify({ ...jwk, d }, null, 1)], { type: 'application/json' }))
  document.getElementById('key-made').hidden = false
  file.click() // a key that is lost with the page would be registered for nothing
}

// What is private is not sent even by mistake.
const look = () => {
  let keys = []
  try { keys = JSON.parse(field.value).keys ?? [] } catch { /* the portal says what is wrong */ }
  const found = Array.isArray(keys) && keys.some((key) => PRIVATE.some((name) => name in Object(key)))
  field.setCustomValidity(found ? maker.dataset.private : '')
}

field.addEventListener('input', look)
look()
if (globalThis.crypto?.subtle) {
  maker.hidden = false
  document.getElementById('make-key').addEventListener('click', make)
}
document.getElementById('faults')?.focus()
