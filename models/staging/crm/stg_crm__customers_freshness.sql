{{ millwright.source_freshness('crm', 'customers') }}
