"""The small web pages that a customer sees."""

from __future__ import annotations

import html

from sandbox.calls import Answer, html_answer

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "main{border:1px solid #ccc;border-radius:8px;padding:1.5rem}button{font:inherit;padding:.6rem 1.4rem;cursor:pointer}"
    "select{font:inherit;padding:.5rem}small{color:#666}"
)
METHODS = "<option value=card>Card</option><option value=us_bank_account>Bank debit</option>"
BUTTON = f"<form method=post><select name=method>{METHODS}</select> <button>Pay now</button></form>"


def page(title: str, body: str) -> str:
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><title>{html.escape(title)}</title>"
    return f"<!doctype html><html lang=en>{head}<style>{STYLE}</style><main>{body}</main><small>Sandbox: no money moves.</small>"


def document_page(seller: str, title: str, amount: str, *, payable: bool) -> str:
    """A document with its amount and, when it can be paid here, a button."""
    words = f"<p>{html.escape(seller)}</p><h1>{html.escape(title)}</h1><p><strong>{html.escape(amount)}</strong></p>"
    return page(title, words + (BUTTON if payable else "<p>Nothing can be paid here.</p>"))


def plain_page(words: str, status: int = 200) -> Answer:
    return html_answer(page(words, f"<h1>{html.escape(words)}</h1>"), status)
