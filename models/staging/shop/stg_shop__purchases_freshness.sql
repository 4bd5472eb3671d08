{{ millwright.source_freshness('shop', 'purchases') }}
