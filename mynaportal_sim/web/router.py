"""Every page, and what apps read of themselves, by program or in their console."""

from fastapi import APIRouter

from mynaportal_sim.web import (
    access,
    acting_for,
    alerts,
    app_consents,
    app_declarations,
    app_documents,
    app_erasures,
    app_events,
    app_registering,
    app_view,
    authorities,
    consent_documents,
    consents,
    console,
    console_accesses,
    console_arrangements,
    console_entry,
    console_erasures,
    console_events,
    console_purposes,
    console_requests,
    counter,
    counter_api,
    device,
    docs,
    document,
    document_elsewhere,
    document_verifying,
    end_session,
    exchanges,
    history,
    interactions,
    leaving_out,
    login,
    my_card,
    operator_link,
    overview,
    prohibitions,
    provision_records,
    proxies,
    receipts,
    second_device,
    signature,
    start,
    statistics,
    user_ids,
    waiting,
    why,
    withdrawing,
    without_consent,
)

_CONSENTING = (
    interactions,
    signature,
    waiting,
    withdrawing,
    leaving_out,
    consents,
    receipts,
    consent_documents,
    prohibitions,
    user_ids,
    document,
    document_elsewhere,
)
_DECIDING = (start, login, end_session, second_device, device, *_CONSENTING)
_OF_AUTHORITIES = (authorities, document_verifying)
_ACTING = (proxies, acting_for)
_LOOKING_BACK = (history, overview, access, alerts, exchanges, provision_records, my_card)
_COUNTER = (counter, counter_api)
_WITHOUT_CONSENT = (without_consent, statistics)
_OF_APPS = (
    app_view,
    app_events,
    app_consents,
    app_declarations,
    app_documents,
    app_erasures,
    operator_link,
    why,
)
_CONSOLE = (
    console,
    console_entry,
    app_registering,
    console_purposes,
    console_arrangements,
    console_erasures,
    console_events,
    console_accesses,
    console_requests,
)
router = APIRouter()
for _room in (
    *_DECIDING,
    *_OF_AUTHORITIES,
    *_ACTING,
    *_LOOKING_BACK,
    *_WITHOUT_CONSENT,
    *_OF_APPS,
    *_CONSOLE,
    *_COUNTER,
    docs,
):
    router.routes.extend(_room.router.routes)
