import { Secret } from '../domain/secret.ts';

/** The Track API pair as HTTP Basic: standard base64 of its UTF-8 (docs/customerio.md 1). */
export function basicAuth(siteId: Secret, apiKey: Secret): Secret {
  return new Secret(`Basic ${Buffer.from(`${siteId.reveal()}:${apiKey.reveal()}`).toString('base64')}`);
}

/** The App API key as a bearer token (docs/customerio.md 1). */
export function bearerAuth(appApiKey: Secret): Secret {
  return new Secret(`Bearer ${appApiKey.reveal()}`);
}
