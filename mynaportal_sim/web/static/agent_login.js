// Logs in by the agent of this computer, step by step; without this module there are other ways.
import { Agent, Refused } from './agent.js'

const WAIT = 25 // seconds, the agent's longest
const ASKED_AGAIN = new Set(['agent.code_wrong', 'agent.pairing_denied'])
const COMPARED = new Set(['waiting_consent', 'waiting_pin', 'signing'])
const CALM = new Set(['page.absent', 'page.cancelled'])
const STARTS = new Set(['page.absent', 'page.foreign', 'page.gone', 'agent.origin_not_allowed', 'agent.pairing_closed', 'agent.prompt_unavailable'])

const panel = document.getElementById('agent')
const { address, csrf, interaction } = panel.dataset
const part = (name) => document.getElementById(`agent-${name}`)
const [title, said, words, pair, choose, start] = ['title', 'said', 'words', 'pair', 'choose', 'start'].map(part)
const texts = part('texts').content
let running, agent, operation

const wording = (word) => {
  const found = texts.querySelector(`[data-word="${CSS.escape(word)}"]`) ?? texts.querySelector('[data-word="page.fault"]')
  return [...found.children].map((one) => one.textContent)
}

const fill = (name, value) => {
  const place = said.querySelector(`[data-${name}]`)
  place.hidden = value === undefined || value === ''
  const inner = place.querySelector('strong, code') ?? place
  inner.textContent = value ?? ''
}

const say = (word, told = {}) => {
  const [what, advice] = wording(word)
  said.querySelector('[data-what]').textContent = what
  said.querySelector('[data-do]').textContent = advice
  fill('left', told.retries_left)
  fill('hint', told.hint)
  fill('code', told.error)
}

const only = (shown) => {
  for (const one of [pair, choose, start]) {
    for (const each of [one, panel.querySelector(`[form="${one.id}"]`)]) if (each) each.hidden = one !== shown
  }
}

const step = (name, shown) => {
  for (const one of panel.querySelectorAll('.steps li')) {
    if (one.dataset.steps.split(' ').includes(name)) one.setAttribute('aria-current', 'step')
    else one.removeAttribute('aria-current')
  }
  only(shown)
  words.hidden = !COMPARED.has(name)
  said.classList.toggle('waits', !shown)
  say(`page.${name}`)
  if (document.activeElement === document.body) title.focus()
}

const submitted = (form, signal) => new Promise((resolve, reject) => {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    resolve(new FormData(form))
  }, { once: true, signal })
  signal.addEventListener('abort', () => reject(signal.reason))
})

const pairOnce = async (signal) => {
  step('pair', pair)
  pair.code.focus()
  const code = (await submitted(pair, signal)).get('code').replace(/\s/g, '')
  step('pairing')
  await agent.pair(code)
}

const pairUntilItHolds = async (signal) => {
  const problem = part('code-problem')
  for (;;) {
    try {
      await pairOnce(signal)
      return
    } catch (error) {
      if (!ASKED_AGAIN.has(error.word)) throw error
      problem.textContent = wording(error.word).join(' ')
      problem.hidden = false
      pair.code.value = ''
      pair.code.setAttribute('aria-invalid', 'true')
    }
  }
}

const readers = async (signal) => {
  for (;;) {
    try {
      if (agent.hasPaired) return await agent.readers()
    } catch (error) {
      if (error.word !== 'agent.token_invalid') throw error
    }
    await pairUntilItHolds(signal)
  }
}

const canLogIn = (reader) => reader.card === 'jpki' && !reader.locked

const row = (reader, isChosen) => {
  const label = part('reader').content.cloneNode(true).firstElementChild
  label.querySelector('strong').textContent = reader.name
  Object.assign(label.querySelector('input'), { value: reader.id, checked: isChosen })
  label.querySelector('[data-card=unknown]').hidden = reader.card !== 'unknown'
  label.querySelector('[data-card=locked]').hidden = !reader.locked
  return label
}

/** The reader to use where cards lie on several; else the agent finds the one. */
const chosen = async (found, signal) => {
  const holding = found.filter((reader) => reader.card !== 'none')
  if (holding.length < 2) return undefined
  const usable = holding.filter(canLogIn)
  const rows = holding.map((reader) => row(reader, usable.length === 1 && usable[0] === reader))
  choose.querySelector('div').replaceChildren(...rows)
  step('choose', choose)
  choose.querySelector('input').focus()
  return (await submitted(choose, signal)).get('reader')
}

/** What the portal answers; without a signal, cancelling comes too late. */
const portal = async (path, value, signal) => {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf }
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(value), signal }).catch(() => {
    signal?.throwIfAborted()
    throw new Refused('page.away')
  })
  const told = await answer.json().catch(() => ({}))
  if (answer.ok) return told
  const code = told.code ?? String(answer.status)
  throw new Refused(`portal.${code}`, { error: code })
}

/** The login token, once the card has made it; the portal waits no longer than `lifetime` ms. */
const signed = async (lifetime) => {
  const late = new Refused('portal.nonce_expired', { error: 'nonce_expired' })
  const timer = setTimeout(() => running.abort(late), lifetime)
  try {
    for (;;) {
      const told = await agent.follow(operation, WAIT)
      if (told.state === 'done') return told.token
      if (told.state === 'failed') throw new Refused(`agent.${told.error}`, told)
      if (told.state === 'cancelled') throw new Refused(told.error ? `agent.${told.error}` : 'page.cancelled', told)
      if (told.state === 'signing') clearTimeout(timer)
      step(told.state)
    }
  } finally {
    clearTimeout(timer)
  }
}

const login = async (signal) => {
  step('looking')
  await agent.find(() => step('permission'))
  const reader = await chosen(await readers(signal), signal)
  const goal = interaction ? { interaction } : {}
  const challenge = await portal('/auth/card/challenges', { channel: 'agent', ...goal }, signal)
  words.querySelector('.big').textContent = challenge.display.request_code
  step('waiting_reader')
  operation = await agent.begin(challenge, reader)
  const token = await signed(Date.parse(challenge.expires_at) - Date.parse(challenge.issued_at))
  operation = undefined
  step('done')
  part('cancel').hidden = true
  const way = await portal('/auth/card/logins', token)
  location.assign(way.interaction ? `/interactions/${way.interaction}` : '/')
}

const release = async () => {
  const left = operation
  operation = undefined
  if (left) await agent.cancel(left)
}

const show = (isRunning) => {
  part('cancel').hidden = !isRunning
  for (const name of ['again', 'command', 'others']) part(name).hidden = isRunning
  said.classList.toggle('waits', isRunning)
}

const ended = async (error) => {
  const { word, told } = error instanceof Refused ? error : { word: 'page.fault', told: { error: error.name } }
  await release()
  words.hidden = true
  only(STARTS.has(word) ? start : undefined)
  say(word, told)
  said.classList.toggle('bad', !CALM.has(word))
  part('https').hidden = word !== 'page.absent' || location.protocol !== 'https:'
  show(false)
  said.focus()
}

const begin = async () => {
  running = new AbortController()
  const { signal } = running
  agent = new Agent(address, signal)
  document.getElementById('ways').hidden = true
  panel.hidden = false
  said.classList.remove('bad')
  part('code-problem').hidden = true
  pair.reset()
  pair.code.removeAttribute('aria-invalid')
  show(true)
  title.focus()
  await login(signal).catch((error) => ended(signal.aborted ? signal.reason : error))
}

part('begin').addEventListener('click', begin)
part('again').addEventListener('click', begin)
part('cancel').addEventListener('click', () => running.abort(new Refused('page.cancelled')))
part('others').addEventListener('click', () => {
  panel.hidden = true
  document.getElementById('ways').hidden = false
  part('begin').focus()
})
addEventListener('pagehide', release)
if (navigator.clipboard) {
  const copy = part('copy')
  copy.hidden = false
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(start.querySelector('code').textContent)
    copy.textContent = copy.dataset.done
  })
}
