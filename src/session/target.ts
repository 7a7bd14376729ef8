import { CioBulkError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { workspaceHash } from '../domain/workspace.ts';
import type { Environment } from './env-file.ts';

export type Region = 'us' | 'eu';

/** Where rows go, and with whose keys. Keys are revealed at the last step only: in a request's header, and in the environment of k6. */
export interface Target {
  readonly trackUrl: string;
  readonly appUrl: string;
  readonly siteId: Secret;
  readonly trackApiKey: Secret;
  readonly appApiKey: Secret | undefined;
  /** Undefined when nobody named one and a URL is given instead: then it is not checked. */
  readonly region: Region | undefined;
  readonly isSandbox: boolean;
  /** `staging` allows load tests. */
  readonly environment: string | undefined;
}

const HOSTS = {
  us: { track: 'https://track.customer.io', app: 'https://api.customer.io' },
  eu: { track: 'https://track-eu.customer.io', app: 'https://api-eu.customer.io' },
} as const;

/** Reads the target from the environment. Messages name variables, never their values. */
export function targetFrom(env: Environment): Target {
  const region = regionFrom(env['CUSTOMERIO_REGION']);
  const trackUrl = baseUrl(env, 'CUSTOMERIO_TRACK_URL') ?? HOSTS[region ?? 'us'].track;
  const appUrl = baseUrl(env, 'CUSTOMERIO_APP_URL') ?? HOSTS[region ?? 'us'].app;
  const [siteId, trackApiKey] = required(env, 'CUSTOMERIO_SITE_ID', 'CUSTOMERIO_TRACK_API_KEY');
  return {
    trackUrl,
    appUrl,
    siteId,
    trackApiKey,
    appApiKey: secret(env['CUSTOMERIO_APP_API_KEY']),
    region: region ?? (env['CUSTOMERIO_TRACK_URL'] ? undefined : 'us'),
    isSandbox: false,
    environment: nonEmpty(env['CUSTOMERIO_ENVIRONMENT']),
  };
}

/** For people: where it is. */
export function targetText({ isSandbox, region, trackUrl }: Pick<Target, 'isSandbox' | 'region' | 'trackUrl'>): string {
  if (isSandbox) return 'sandbox';
  const { host } = new URL(trackUrl);
  return region === undefined ? host : `region ${region} (${host})`;
}

export function workspaceOf(target: Pick<Target, 'siteId'>): string {
  return workspaceHash(target.siteId.reveal());
}

/** For those who send nothing themselves. */
export function workspaceFrom(env: Environment): string {
  const [siteId] = required(env, 'CUSTOMERIO_SITE_ID');
  return workspaceOf({ siteId });
}

/** Names all that are missing: who sets one does not want to hear of the next. */
function required<const Names extends readonly string[]>(
  env: Environment,
  ...names: Names
): { [K in keyof Names]: Secret } {
  const values = names.map((name) => secret(env[name]));
  const missing = names.filter((_, at) => values[at] === undefined);
  if (missing.length > 0)
    throw new CioBulkError('config', `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`, {
      hint: `export ${missing.length === 1 ? 'it' : 'them'}, put ${missing.length === 1 ? 'it' : 'them'} into a file for --env-file, or try everything without an account: --sandbox`,
    });
  return values as { [K in keyof Names]: Secret };
}

function secret(value: string | undefined): Secret | undefined {
  const text = nonEmpty(value);
  return text === undefined ? undefined : new Secret(text);
}

function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function regionFrom(value: string | undefined): Region | undefined {
  const region = nonEmpty(value)?.toLowerCase();
  if (region === undefined || region === 'us' || region === 'eu') return region;
  throw new CioBulkError('config', 'CUSTOMERIO_REGION must be us or eu');
}

/** A base URL without a path. */
function baseUrl(env: Environment, name: string): string | undefined {
  const text = nonEmpty(env[name]);
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new CioBulkError('config', `${name} is not an http(s) URL`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new CioBulkError('config', `${name} must have no path: only scheme, host and port`);
  if (url.username !== '' || url.password !== '')
    throw new CioBulkError('config', `${name} must not carry credentials`, {
      hint: 'use CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY',
    });
  return url.origin;
}
