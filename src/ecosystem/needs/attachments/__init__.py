"""Attachments: the files of a need, such as its technical specification, drawings and forms.

A file is kept by its digest beside a need of one's own; the need's `documents` then name it, with
its type and title. So it changes as everything else that is asked for: freely in a draft, by an
amendment for all to read afterwards, and what was public stays. A file is public with the first
published version that names it. Source: OCDS 1.1, `tender/documents` and its codelist
`documentType`.
"""
