"""Uploads: a large document arrives in parts, and survives whatever is cut off in between.

Who uploads says first what will come: name, type, length and SHA-256. Parts are then appended
at the offset that the upload has, by one request at a time; the last one files the document.
States: `open -> complete | refused`; an upload that is abandoned, or open for longer than a
day, is gone.

Sources: draft-ietf-httpbis-resumable-upload-12, sections 4.2 to 4.5 (what an upload is asked
for, appended to and cancelled by); RFC 9530.
"""
