"""Text: normal forms, language, and what is found in them."""
