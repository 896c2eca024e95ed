"""The Online Certificate Status Protocol (RFC 6960): how it is asked, answered and served."""
