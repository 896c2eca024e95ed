"""A witness of logs: a process of its own, with its own key and memory, that trusts no portal.

It cosigns a checkpoint only if it continues the last one that it cosigned (C2SP tlog-witness),
so that a log which is cut, forked or signed anew is found out by whoever asks a witness.
"""
