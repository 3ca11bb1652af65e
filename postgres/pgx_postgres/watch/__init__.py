"""Judging silence and answers.  Pure: stepped with what was heard and with the time."""
