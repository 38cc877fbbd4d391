"""How the bot works. What it does is listed in handlers/ and schedules/."""
