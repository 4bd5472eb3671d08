{{ millwright.source_freshness('erp', 'customers') }}
