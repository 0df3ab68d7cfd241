"""Logging in through the operator's OpenID provider: authorization code with PKCE, ID token verified."""
