"""Awards: offers evaluated by the published formula, awarded, held in standstill, challenged."""
