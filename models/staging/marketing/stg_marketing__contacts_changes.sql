{{ millwright.source_changes('marketing', 'contacts') }}
