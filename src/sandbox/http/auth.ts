export interface Credentials {
  readonly siteId: string;
  readonly trackApiKey: string;
  readonly appApiKey: string;
}

/** Made-up keys that work for a sandbox only. The site id is the workspace's own. */
export const SANDBOX_KEYS: Omit<Credentials, 'siteId'> = {
  trackApiKey: 'sandbox-track-key',
  appApiKey: 'sandbox-app-key',
};

/** Checks an Authorization header. Basic is accepted in both base64 alphabets, since clients use both (docs/customerio.md 1). */
export function isAuthorized(
  header: string | undefined,
  kind: 'track' | 'app' | 'none',
  credentials: Credentials,
): boolean {
  if (kind === 'none') return true;
  const [scheme = '', value = ''] = (header ?? '').split(' ');
  if (kind === 'app') return scheme.toLowerCase() === 'bearer' && value === credentials.appApiKey;
  if (scheme.toLowerCase() !== 'basic') return false;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair === `${credentials.siteId}:${credentials.trackApiKey}`;
}
