"""The My Number Card (マイナンバーカード), emulated or real, and the terminal that talks to it.

`emulator` is the card side, `client` the terminal side; they meet only as APDU bytes.
"""
