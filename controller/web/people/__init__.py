"""Who works at this line and what each may do: accounts, sign-in, sessions, and the way of every change to the journal.

Accounts lie in a database of the web process's own; the line never sees a secret. What changes goes to the line's
journal through its channel.
"""
