"""What each part of a request is held to: one small function per check, and no order yet.

`oauth.profiles` lists them in the order in which they run, for each client profile.
"""
