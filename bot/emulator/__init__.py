"""A stand-in for the platforms' servers on this machine, and the chat desk in which a demonstration school talks to the bot.

It speaks the platforms' wire formats from their documentation alone and shares no code with bot/platforms, so that each
proves the other. Nothing of the product imports it; the bot starts it as a process of its own.
"""
