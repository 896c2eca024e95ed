"""The authorization server: one file per endpoint, one per grant, one small function per check.

A request is first read (`form`, `details`), then its client is authenticated, then it is judged
by checks listed in the order in which they run, and only then does one unit of work use up what
is good once and store what follows. Each rule names its RFC.
"""
