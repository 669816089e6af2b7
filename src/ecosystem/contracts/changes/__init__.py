"""Changes: what alters a contract in force, and nothing else does.

One side proposes a set of changes of the terms, on a ground of the rules of the place, and
everyone concerned reads what it comes to before anyone signs. When every party to the new
terms has signed their digest, the contract has a new edition: its milestones are planned from
it, its metrics follow, its budget is adjusted, and later facts are paid by its rules.

States: `proposed -> in_force | withdrawn | rejected`. Of one contract one change is open at a
time. Sources: Government Procurement Law of China, articles 49 and 50; Directive 2014/24/EU,
article 72; OCDS 1.1 `amendments`.
"""
