"""A whole mail system in namespaces of its own: real sendmail, Dovecot and milter-relay, clients, and an SMTP sink.

Start reading at system.py (what runs and how it is put together) and case.py (how a test uses it).
"""
