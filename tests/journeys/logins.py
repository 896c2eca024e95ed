"""What an app learns of a login, over the wire and in every way."""

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens

JSON = {"Accept": "application/json"}


def ask_whom(app: RelyingParty, tokens: Tokens) -> None:
    """Ask whom a bearer token is about, by header and by form, and with what does not do."""
    url = app.endpoint("userinfo_endpoint")
    for token in (tokens.access_token, "invented", app_token(app)):
        bearer = {"Authorization": f"Bearer {token}"}
        app.http.get(url, headers=bearer)
        app.http.post(url, headers=bearer)
        app.http.post(url, data={"access_token": token})
    app.http.get(url)
    app.http.get(url, params={"access_token": "x"})
    app.http.post(url, headers=bearer, data={"access_token": "x"})
    app.http.post(url, data={"access_token": "x" * 40_000})


def app_token(app: RelyingParty) -> str:
    """A token that is about nobody."""
    form = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    return str(app.post("token_endpoint", form)["access_token"])


def log_out_by(app: RelyingParty, tokens: Tokens, browser: SecondBrowser) -> None:
    """Be sent to log out: with a request that does not hold, asked first, and when gone."""
    url, hint = (
        app.endpoint("end_session_endpoint"),
        {"id_token_hint": str(tokens.answer["id_token"])},
    )
    bad = {"client_id": "nobody"}
    browser._http.get(url, params=bad, headers=JSON)
    browser._http.post(url, data=bad, headers=JSON)
    browser._http.post(url, data=hint, headers=JSON)
    csrf = str(browser.see("/end-session")["csrf"])
    for form in ({"csrf": "0" * 64}, {"csrf": csrf, **bad}, {"csrf": csrf}):
        browser.post("/end-session/confirmed", form)
    browser._http.get(url, params=hint, headers=JSON)
