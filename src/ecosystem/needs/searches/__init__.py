"""Searching needs: by words in Chinese or English, by place, kind, value and closing."""
