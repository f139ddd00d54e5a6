"""The feeds, over HTTP: the only room with httpx. It ends in payloads; what they say is not read.

Nothing is imported here, so that `nbapanel.source.settings` costs no httpx. Start at
`nbapanel.source.feeds.open_feeds`.
"""
