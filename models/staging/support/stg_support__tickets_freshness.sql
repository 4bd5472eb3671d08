{{ millwright.source_freshness('support', 'tickets') }}
