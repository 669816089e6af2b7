"""How a contract differs from its standard form."""

from ecosystem.contracts import forms
from ecosystem.contracts.changes import impact
from ecosystem.contracts.changes.model import FormDifferences, VariableSaid
from ecosystem.contracts.form_shapes import ContractTerms, Form


def against(terms: ContractTerms, form: Form) -> FormDifferences:
    """Return what `terms` say that `form`, from which they have grown, does not say by itself."""
    plain = forms.grow(
        form,
        values=terms.variables,
        parties=terms.parties,
        value=terms.value,
        starts_on=terms.period.starts_on,
        consortia=terms.consortia,
    )
    return FormDifferences(
        form=terms.form,
        variables=tuple(
            VariableSaid(
                name=one.name,
                title=one.title,
                default=one.default,
                value=terms.variables[one.name],
            )
            for one in form.variables
            if terms.variables[one.name] != one.default
        ),
        terms=tuple(impact.differences(plain, terms)),
    )
