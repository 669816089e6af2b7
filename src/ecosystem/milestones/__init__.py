"""What a contract promises by a date: planned, submitted with evidence, accepted or rejected.

A contract that comes into force has its milestones planned. A milestone has four dates:
`due_at`, the last instant at which it is in time; `delivered_at`, when it was done, to which
lateness counts; `submitted_at`, when that was shown; `accepted_at`, when the authority agreed.

States: `planned -> submitted -> accepted | partly_accepted | rejected`, and from the last two
to `submitted` again: each submission is a round, and earlier rounds stay; `cancelled` where a
change of the contract removes what is neither submitted nor accepted, or the contract ends. By
its date a milestone is `met`, `not_met`, or neither yet. Every state that it has ever had can be
asked for: as it was known at a time, and as it was in force at a time. An auditor's reading of a
history is recorded itself.

Sources: OCDS 1.1 `milestones` for names.
"""
