{{ millwright.source_changes('crm', 'customers') }}
