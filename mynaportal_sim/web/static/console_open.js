// What stands behind # reaches the portal by the button alone: not by opening the page, nor by
// another language, which keeps it. A link followed from this very page changes nothing but #.
const field = document.getElementById('token')
const take = () => {
  const token = location.hash.slice(1)
  if (!token) return
  field.value = token
  for (const link of document.querySelectorAll('.languages a')) link.hash = token
}
addEventListener('hashchange', take)
take()
