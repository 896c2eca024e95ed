"""The window in which a person agrees and types a PIN, in a process of its own.

A toolkit keeps what is typed where nobody can overwrite it; with this process it is gone. It is
given questions as lines of JSON, and answers each by a line: `agreed`, `cancelled`, or `pin`
followed by what was typed for "yes" and by the PIN.
"""

import json
import os
import sys
import tkinter as tk
from collections.abc import Callable, Mapping
from tkinter import font
from typing import Any

from card_reader.agent.pin import purpose_in_words
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import AUTHENTICATION_PIN

# The Digital Agency's published colours, as in the portal's pages.
_INK, _SOFT, _PAPER, _FIELD = "#1a1a1c", "#595959", "#ffffff", "#f2f2f2"
_BLUE, _RED, _YELLOW = "#0017c1", "#ce0000", "#ffd43d"
_FAMILIES = ("Noto Sans JP", "Noto Sans CJK JP", "IPAexGothic", "TkDefaultFont")
_WIDTH, _MARGIN = 520, 28  # pixels
_PART = 4096
_SIMULATION = "SIMULATION　模擬カードです。実物のカードではありません"
_REAL = "実物のカードの可能性があります\nThis may be a real card: wrong entries count on it"
_LAST_TRY = "あと1回間違えるとロックされます。yes と入力してください"
_LAST_TRY_EN = 'One try is left: a wrong PIN blocks the card. Type "yes" to go on.'

_TITLES = {
    "agree": "確認 Confirm — mynasim",
    "pair": "ペアリング Pairing — mynasim",
    "pin": "暗証番号 PIN — mynasim",
    "pinpad": "暗証番号 PIN — mynasim",
}

Question = Mapping[str, Any]


class Window:
    """One window, which shows one question after another."""

    def __init__(self, root: tk.Tk, answer: Callable[[bytes], None]) -> None:
        self._root = root
        self._answer = answer
        family = next(f for f in _FAMILIES if f in font.families(root) or f[:2] == "Tk")
        self._fonts = {
            "head": font.Font(root, family=family, size=-22, weight="bold"),
            "text": font.Font(root, family=family, size=-15),
            "note": font.Font(root, family=family, size=-12),
            "code": font.Font(root, family=family, size=-28, weight="bold"),
        }
        root.configure(bg=_PAPER)
        root.resizable(width=False, height=False)
        root.attributes("-topmost", True)
        root.protocol("WM_DELETE_WINDOW", self._cancel)
        root.bind("<Escape>", lambda _: self._cancel())
        self._frame = tk.Frame(root, bg=_PAPER)

    def show(self, question: Question) -> None:
        """Ask the next question in place of the one before."""
        self._frame.destroy()
        self._frame = tk.Frame(self._root, bg=_PAPER, padx=_MARGIN, pady=20)
        self._frame.pack(fill="both")
        asked = {"agree": self._agree, "pair": self._pair, "pin": self._pin}
        first = asked.get(question["ask"], self._on_pinpad)(question)
        self._root.update_idletasks()
        self._place()
        self._root.deiconify()
        self._root.lift()
        self._root.update()
        first.focus_force()
        self._root.title(_TITLES[question["ask"]])

    def _place(self) -> None:
        width, height = max(_WIDTH, self._root.winfo_reqwidth()), self._root.winfo_reqheight()
        left = (self._root.winfo_screenwidth() - width) // 2
        top = (self._root.winfo_screenheight() - height) // 3
        self._root.geometry(f"{width}x{height}+{left}+{top}")

    def _agree(self, question: Question) -> tk.Widget:
        self._head("カードを使いますか", "Use your card for this?")
        self._about(question)
        self._text("ブラウザに同じ確認コードが出ていることを確かめてください。", "text")
        self._text("Go on only if your browser shows the same code.", "note", _SOFT)
        return self._buttons("続ける  Continue", lambda: self._say(b"agreed"))[1]

    def _pair(self, question: Question) -> tk.Widget:
        self._head("このサイトにカードの利用を許可しますか", "May this site use cards here?")
        self._row("サイト", "site", question["origin"])
        self._text("有効なのは12時間以内です。暗証番号は渡りません。", "text")
        self._text("For 12 hours at most. It never gets your PIN.", "note", _SOFT)
        return self._buttons("許可する  Allow", lambda: self._say(b"agreed"))[0]

    def _pin(self, question: Question) -> tk.Widget:
        self._head("暗証番号を入力してください", "Enter the PIN (4 digits)")
        self._about(question)
        confirmed, confirming = self._last_try(question)
        self._text("利用者証明用電子証明書の暗証番号（数字4桁）", "text")
        typed, tries = tk.StringVar(), question["tries"]
        entry = self._entry(typed, hidden=True)
        note = tk.StringVar(value=f"残り {tries} 回  tries left: {tries}")
        tk.Label(
            self._frame, textvariable=note, font=self._fonts["note"], bg=_PAPER, fg=_SOFT
        ).pack(anchor="w", pady=(4, 0))

        def submit() -> None:
            if not AUTHENTICATION_PIN.accepts(typed.get()):
                note.set("数字4桁で入力してください  Four digits, please")
                entry.focus_set()
                return
            self._hand_in(confirmed.get(), typed)

        entry.bind("<Return>", lambda _: submit())
        self._buttons("決定  Enter", submit)
        return confirming or entry

    def _on_pinpad(self, question: Question) -> tk.Widget:
        self._head("カードリーダーで暗証番号を入力", "Enter the PIN on the reader")
        self._about(question)
        confirmed, confirming = self._last_try(question)
        if confirming is not None:
            self._buttons("続ける  Continue", lambda: self._hand_in(confirmed.get(), None))
            return confirming
        self._say(b"pin\n\n")
        return self._buttons("", None)[0]

    def _last_try(self, question: Question) -> tuple[tk.StringVar, tk.Entry | None]:
        confirmed = tk.StringVar()
        if question["tries"] > 1:
            return confirmed, None
        self._text(_LAST_TRY, "text", _RED)
        self._text(_LAST_TRY_EN, "note", _RED)
        return confirmed, self._entry(confirmed, hidden=False)

    def _about(self, question: Question) -> None:
        simulated = question["simulation"]
        banner, colours = (
            (_SIMULATION, (_YELLOW, _INK)) if simulated else (_REAL, (_RED, _PAPER))
        )
        tk.Label(
            self._frame, text=banner, font=self._fonts["text"], bg=colours[0], fg=colours[1],
            padx=10, pady=6, wraplength=_WIDTH - 2 * _MARGIN, justify="left",
        ).pack(fill="x", pady=(0, 12))  # fmt: skip
        ja, en = purpose_in_words(question["purpose"])
        self._row("サイト", "site", question["origin"])
        self._row("サービス", "service", question["service"])
        self._row("目的", "purpose", f"{ja}  {en}")
        self._row("カード", "card", f"{question['card']}\n{question['reader']}")
        self._row("確認コード", "code", question["request_code"], "code")

    def _head(self, ja: str, en: str) -> None:
        self._text(ja, "head")
        self._text(en, "note", _SOFT)
        tk.Frame(self._frame, height=12, bg=_PAPER).pack()

    def _row(self, ja: str, en: str, value: str, style: str = "text") -> None:
        row = tk.Frame(self._frame, bg=_PAPER)
        row.pack(fill="x", pady=3)
        name = tk.Frame(row, bg=_PAPER, width=104, height=34)
        name.pack_propagate(flag=False)
        name.pack(side="left", anchor="n")
        for text, colour in ((ja, _INK), (en, _SOFT)):
            tk.Label(
                name, text=text, font=self._fonts["note"], bg=_PAPER, fg=colour, bd=0, pady=0
            ).pack(anchor="w")
        tk.Label(
            row, text=value, font=self._fonts[style], bg=_PAPER, fg=_INK, justify="left",
            wraplength=_WIDTH - 2 * _MARGIN - 110,
        ).pack(side="left", anchor="w")  # fmt: skip

    def _text(self, text: str, style: str, colour: str = _INK) -> None:
        tk.Label(
            self._frame, text=text, font=self._fonts[style], bg=_PAPER, fg=colour,
            wraplength=_WIDTH - 2 * _MARGIN, justify="left",
        ).pack(anchor="w", pady=(4, 0))  # fmt: skip

    def _entry(self, value: tk.StringVar, *, hidden: bool) -> tk.Entry:
        entry = tk.Entry(
            self._frame, textvariable=value, show="●" if hidden else "", width=12,
            font=self._fonts["head"], bg=_FIELD, fg=_INK, insertbackground=_INK, relief="flat",
            highlightthickness=3, highlightcolor=_BLUE, highlightbackground=_SOFT,
        )  # fmt: skip
        entry.pack(anchor="w", ipady=6, ipadx=6, pady=(6, 0))
        return entry

    def _buttons(self, text: str, act: Callable[[], None] | None) -> list[tk.Button]:
        """The one that gives up, and the one that goes on unless there is nothing to do."""
        row = tk.Frame(self._frame, bg=_PAPER)
        row.pack(fill="x", pady=(20, 0))
        cancel = self._button(row, "やめる  Cancel", self._cancel, (_PAPER, _BLUE))
        if act is None:
            return [cancel]
        return [cancel, self._button(row, text, act, (_BLUE, _PAPER))]

    def _button(
        self, row: tk.Frame, text: str, act: Callable[[], None], colours: tuple[str, str]
    ) -> tk.Button:
        button = tk.Button(
            row, text=text, command=act, font=self._fonts["text"], bg=colours[0], fg=colours[1],
            activebackground=colours[0], activeforeground=colours[1], relief="flat", padx=18,
            pady=8, highlightthickness=2, highlightbackground=_BLUE, highlightcolor=_INK,
        )  # fmt: skip
        button.bind("<Return>", lambda _: act())
        button.pack(side="right" if colours[0] == _BLUE else "left")
        return button

    def _hand_in(self, confirmed: str, typed: tk.StringVar | None) -> None:
        pin = typed.get() if typed is not None else ""
        if typed is not None:
            typed.set("")
        self._say(f"pin\n{confirmed.strip()}\n{pin}".encode())

    def _cancel(self) -> None:
        self._say(b"cancelled")

    def _say(self, answer: bytes) -> None:
        self._answer(answer + b"\n")


def main() -> None:
    """Show what comes on standard input until it ends."""
    keep_pins_out_of_dumps()
    root = tk.Tk(className="mynasim")
    root.withdraw()
    waiting = bytearray()

    def answer(line: bytes) -> None:
        os.write(sys.stdout.fileno(), line)

    window = Window(root, answer)

    def listen(_file: object, _mask: int) -> None:
        part = os.read(sys.stdin.fileno(), _PART)
        if not part:
            root.destroy()
            return
        waiting.extend(part)
        while (end := waiting.find(b"\n")) >= 0:
            window.show(json.loads(waiting[:end]))
            del waiting[: end + 1]

    root.createfilehandler(sys.stdin, tk.READABLE, listen)
    root.mainloop()


if __name__ == "__main__":
    main()
