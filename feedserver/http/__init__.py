"""An answer on the wire: negotiated, conditional, encoded, remembered, or refused.

Doors: `representations`, `answers` (what was asked before), `problems` (refusals), `proxies`
(under which address we were asked).
"""
