"""https without anybody's help: an authority of this data directory's own, for its own names.

It signs for this portal and the sample app, and can sign for no other name. It has nothing to
do with the authorities of cards (`pki`). Its certificates follow real time, as the clients that
judge them do, and not the portal's clock, which may be years ahead.
"""
