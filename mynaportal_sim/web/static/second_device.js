// Without this module the page works too: it reloads itself, and a person counts.

const place = document.getElementById("second-device");
if (place) {
  const seconds = place.querySelector("[data-countdown]");
  const timer = setInterval(async () => {
    if (seconds) {
      const left = Number(seconds.textContent) - 1;
      if (left <= 0) return leave();
      seconds.textContent = String(left);
    }
    const answer = await fetch(place.dataset.address, { headers: { Accept: "application/json" } })
      .catch(() => null);
    if (!answer) return; // the portal is away for a moment
    if (!answer.ok || (await answer.json()).state !== place.dataset.state) leave();
  }, 1000);
  const leave = () => {
    clearInterval(timer);
    location.replace(place.dataset.address);
  };
}

const code = document.querySelector("[data-code]");
if (code && /^#[\w-]{22}$/.test(location.hash)) code.textContent = location.hash.slice(1);
