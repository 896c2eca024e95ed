// Fetches the page again and again, and puts its part in the place of the one that is shown.
const shown = document.getElementById('follow')

const renew = async () => {
  if (document.hidden || shown.contains(document.activeElement)) return
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, redirect: 'error' })
  if (!answer.ok) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const now = page.getElementById('follow')
  if (now && now.innerHTML !== shown.innerHTML) shown.replaceChildren(...now.childNodes)
}

setInterval(() => renew().catch(() => {}), Number(shown.dataset.every))
