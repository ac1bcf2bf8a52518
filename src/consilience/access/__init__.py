"""Who may see and do what: rules that give reasons, and the row filters that follow from them."""
