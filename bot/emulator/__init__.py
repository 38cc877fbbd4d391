"""A stand-in for the servers of WeCom and DingTalk on this machine, with a chat desk in the browser.

It is what `xiaoling serve` opens when no school is configured, what the conversation tests speak to, and where a new handler
is tried. It knows the wire formats by itself (nothing of bot/platforms is used here), so that it proves ours; the bot knows
it only by its addresses.
"""
