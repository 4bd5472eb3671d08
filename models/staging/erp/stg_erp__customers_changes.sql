{{ millwright.source_changes('erp', 'customers') }}
