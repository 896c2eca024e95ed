"""Signatures of whole documents, in a file of their own beside the document.

Pure: first the bytes that a card signs, made from document, certificate and time, then the file
around what the card made of them. Nothing here takes a digest, so nobody can have something
signed that is not there to be read.

What is signed names the document by its hash among other things. So a document cannot pass for
a statement of a login or a consent, whatever is in it: those begin with `MYNA-SIM-`, but the
attributes of CMS with the tag of a SET (31), and the input of a JWS with `ey`.
"""
