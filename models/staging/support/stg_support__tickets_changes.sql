{{ millwright.source_changes('support', 'tickets') }}
