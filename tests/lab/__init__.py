# SPDX-License-Identifier: MIT
"""A mail world of its own: real Postfix and Exim, a name server, receivers, in private namespaces."""
