// The agent on this computer, as a page asks it (docs/agent.md).
//
// What pairing gives is kept in sessionStorage: of this tab and this origin, sent nowhere by
// itself, and gone with the tab. In memory alone it would ask for eight digits at each login,
// and people would learn to type them without a look. Whoever could read it here can run on
// this page anyway; and it signs nothing without the person, who agrees and types the PIN there.
const FOUND_WITHIN = 1000 // milliseconds
const ANSWERED_WITHIN = 60_000 // for the browser's own question
const LETS_GO_WITHIN = 3000
const API = 1
const PERMISSIONS = ['loopback-network', 'local-network-access'] // the newer name first

/** Why something did not come about: a word of the page's table, and what was told with it. */
export class Refused extends Error {
  constructor (word, told = {}) {
    super(word)
    this.word = word
    this.told = told
  }
}

const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const permission = async () => {
  for (const name of PERMISSIONS) {
    try {
      return (await navigator.permissions.query({ name })).state
    } catch { /* this browser does not know it by that name */ }
  }
  return 'unknown'
}

export class Agent {
  #address
  #signal

  constructor (address, signal) {
    this.#address = address
    this.#signal = signal
  }

  get #key () { return `agent ${this.#address}` }

  /** Whether this tab has paired before; the agent may have forgotten it since. */
  get hasPaired () { return sessionStorage.getItem(this.#key) !== null }

  /** See that an agent is there; `asked` is called if the browser asks the person first. */
  async find (asked) {
    const hello = this.#hello('cors').catch(() => null)
    let answer = await Promise.race([hello, after(FOUND_WITHIN)])
    const isAsked = answer === undefined && await permission() === 'prompt'
    if (isAsked) {
      asked()
      answer = await Promise.race([hello, after(ANSWERED_WITHIN)])
    }
    this.#signal.throwIfAborted()
    if (!answer) throw new Refused(isAsked ? 'page.blocked' : await this.#whyNot(answer))
    const told = await answer.json().catch(() => ({}))
    if (!answer.ok || told.agent !== 'mynasim' || !told.api?.includes(API)) throw new Refused('page.foreign')
  }

  #hello (mode) {
    return fetch(`${this.#address}/v1/hello`, { mode, cache: 'no-store', credentials: 'omit', signal: this.#signal })
  }

  async #whyNot (answer) {
    if (await permission() === 'denied') return 'page.blocked'
    if (answer === undefined) return 'page.absent'
    // An agent that serves other portals answers too, but lets this page read nothing.
    const there = await this.#hello('no-cors').catch(() => null)
    return there ? 'agent.origin_not_allowed' : 'page.absent'
  }

  async pair (code) {
    const { token } = await this.#ask('POST', '/v1/pair', { code })
    sessionStorage.setItem(this.#key, token)
  }

  readers () { return this.#ask('GET', '/v1/readers') }

  /** Its id; not given up half-way, since what has begun must be known to be cancelled. */
  async begin (challenge, reader) {
    const wish = { type: 'login', challenge, ...(reader && { reader }) }
    return (await this.#ask('POST', '/v1/operations', wish, null)).op
  }

  /** What is new of an operation, within so many seconds. */
  follow (op, seconds) { return this.#ask('GET', `/v1/operations/${op}?wait=${seconds}`) }

  /** Have it let the card go, also when this page goes away. */
  async cancel (op) {
    await this.#fetch('DELETE', `/v1/operations/${op}`, { keepalive: true, signal: AbortSignal.timeout(LETS_GO_WITHIN) }).catch(() => null)
  }

  #fetch (method, path, more) {
    const token = sessionStorage.getItem(this.#key)
    const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...more.headers }
    return fetch(this.#address + path, { method, cache: 'no-store', credentials: 'omit', ...more, headers })
  }

  async #ask (method, path, value, signal = this.#signal) {
    const body = value && { body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' } }
    let answer, told
    try {
      answer = await this.#fetch(method, path, { signal, ...body })
      told = await answer.json()
    } catch {
      signal?.throwIfAborted()
      throw new Refused('page.gone')
    }
    if (answer.ok) return told
    throw new Refused(`agent.${told.error}`, told)
  }
}
