{{ millwright.source_changes('shop', 'purchases') }}
