// An OpenID Connect provider for tests: the program `oidc-provider` with a login that asks nothing.
// Usage: node oidc_server.mjs <folder with node_modules> <configuration as JSON>
//   { port, clients: […], people: { id: claims }, acr_values: […] }
// Who logs in, and how, the browser says in headers of the interaction:
//   x-person (id), x-acr (acr value), x-login-age (seconds), x-cancel (any value).
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, told] = process.argv.slice(2);
const { port, clients, people, acr_values: acrValues } = JSON.parse(told);
const entry = createRequire(join(folder, 'from-here.cjs')).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(entry));

const jwk = (type, options, extra) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...extra,
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  acrValues,
  clients,
  claims: {
    acr: null,
    auth_time: null,
    openid: ['sub'],
    profile: ['given_name', 'family_name', 'birthdate', 'preferred_username'],
    email: ['email'],
  },
  cookies: { keys: ['only for tests'] },
  enabledJWA: {
    idTokenSigningAlgValues: ['ES256', 'PS256', 'RS256'],
    idTokenEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
    idTokenEncryptionEncValues: ['A256GCM'],
    userinfoSigningAlgValues: ['ES256', 'PS256', 'RS256'],
    userinfoEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
    userinfoEncryptionEncValues: ['A256GCM'],
    clientAuthSigningAlgValues: ['ES256', 'PS256'],
  },
  features: {
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    // Access tokens for the API of an office: JWTs (RFC 9068) for whatever resource is asked for (RFC 8707).
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: 'letters:read letters:write', audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
      }),
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        ctx.body = `<!DOCTYPE html><title>Log out</title>${form}`;
      },
    },
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ ...people[id], sub: id }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec' }), jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa' })] },
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
  pkce: { required: () => true },
  ttl: { AccessToken: 300, AuthorizationCode: 60, ClientCredentials: 300, Grant: 600, IdToken: 300, Interaction: 600, Session: 600 },
});

const login = (headers, acrs) => {
  if (headers['x-cancel']) return { error: 'access_denied' };
  if (acrs && !acrs.includes(headers['x-acr'])) return { error: 'unmet_authentication_requirements' };
  const ts = Math.floor(Date.now() / 1000) - Number(headers['x-login-age'] ?? 0);
  return { login: { accountId: headers['x-person'], acr: headers['x-acr'], ts } };
};

const answer = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    answer(request, response);
    return;
  }
  try {
    const { prompt } = await provider.interactionDetails(request, response);
    const result = login(request.headers, prompt.details.acr?.values);
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
}).listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
