// A real OpenID provider for the tests: node provider.mjs CONFIGURATION, which it reads as JSON.
// Prints "ready" when it listens. Everybody's password is good; claims come from the configuration.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const given = JSON.parse(process.argv[2]);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: given.kid };

const provider = new Provider(given.issuer, {
  clients: [{
    client_id: given.client,
    client_secret: given.secret,
    redirect_uris: [given.redirect],
    post_logout_redirect_uris: [given.after_logout],
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  jwks: { keys: [key] },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  conformIdTokenClaims: given.by_userinfo, // true: the ID token says no more than who it is
  pkce: { required: () => true },
  cookies: { keys: ['a key for tests only'] },
  // Who logs in as `id` may have a name in any script: only subjects are ASCII (OpenID Connect Core 1.0, 2).
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: given.names[id] ?? id, groups: given.groups[id] ?? [] }),
  }),
  features: { rpInitiatedLogout: { enabled: true }, devInteractions: { enabled: true } },
});

const server = createServer(provider.callback());
server.listen(Number(new URL(given.issuer).port), '127.0.0.1', () => console.log('ready'));
