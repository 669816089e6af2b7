"""Webhooks: the feed, sent to an address of the reader's own as events happen.

An organisation registers an address and says what it wants: all that it may see, some types of
event, or what one saved search finds. The background work sends it each such event in the order
of the feed: a message, signed as Standard Webhooks says, which tells what happened to which
thing and no more. Whatever is not answered with a 2xx is sent again, later and later, for three
days; then the message is dead, and may be replayed. If the one after it fails as well, the
webhook is stopped and its organisation told; what happens meanwhile waits in the feed.

States: `active -> paused -> active`, `active -> stopped -> active`; deleted, it is gone.
Words: a `delivery` is one message to one webhook, with its attempts; its identifier is the
`webhook-id`. The `cursor` is the position in the feed up to which a webhook has been served.

Sources: Standard Webhooks 1.0.0 (standardwebhooks.com); RFC 6890 (addresses that are not
public).
"""
