{{ millwright.source_freshness('marketing', 'contacts') }}
