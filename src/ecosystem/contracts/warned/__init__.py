"""What whoever drafts terms is told besides where they stand: what to look at before signing."""
