import { SANDBOX_KEYS, type Credentials } from './auth.ts';
import { ConfigError } from './config-error.ts';
import { parseFaults, type FaultShare } from './faults.ts';
import { parseLatency, type Latency } from './latency.ts';

export interface SandboxConfig {
  /** 0 = any free port. */
  readonly port: number;
  /** Database file; undefined = temporary. */
  readonly db: string | undefined;
  /** Undefined = that of the database. */
  readonly siteId: string | undefined;
  readonly keys: Omit<Credentials, 'siteId'>;
  readonly region: 'us' | 'eu';
  /** Undefined = that of the database. */
  readonly environmentId: number | undefined;
  /** Requests per second; undefined = unlimited. */
  readonly rateLimit: number | undefined;
  /** Value of the Retry-After header of a 429 or 503; undefined = no header, like the service. */
  readonly retryAfter: string | undefined;
  readonly latency: Latency;
  readonly faults: readonly FaultShare[];
  readonly seed: number;
  /** Keep every operation in the order received, for `/_sandbox/log`. Costs about half the speed. */
  readonly logOperations: boolean;
  /** Answer every Track request with 307 to this base URL, as the wrong region does. */
  readonly redirectTo: string | undefined;
}

export const DEFAULT_CONFIG: SandboxConfig = {
  port: 0,
  db: undefined,
  siteId: undefined,
  keys: SANDBOX_KEYS,
  region: 'us',
  environmentId: undefined,
  rateLimit: undefined,
  retryAfter: undefined,
  latency: { minMs: 0, maxMs: 0 },
  faults: [],
  seed: 1,
  logOperations: false,
  redirectTo: undefined,
};

/** Reads the settings as another process passes them on: JSON with the texts of the flags. Throws ConfigError. */
export function parseConfig(text: string): SandboxConfig {
  const given: unknown = JSON.parse(text);
  const settings: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {};
  const textOf = (name: string): string | undefined => {
    const value = settings[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const latency = textOf('latency');
  const faults = textOf('faults');
  const rateLimit = textOf('rateLimit');
  const environmentId = textOf('environmentId');
  return {
    port: wholeNumber('--port', textOf('port') ?? '0', 0, 65_535),
    db: textOf('db'),
    siteId: textOf('siteId'),
    keys: {
      trackApiKey: textOf('trackApiKey') ?? SANDBOX_KEYS.trackApiKey,
      appApiKey: textOf('appApiKey') ?? SANDBOX_KEYS.appApiKey,
    },
    region: textOf('region') === 'eu' ? 'eu' : 'us',
    environmentId: environmentId === undefined ? undefined : wholeNumber('environmentId', environmentId, 1, 2 ** 31),
    rateLimit: rateLimit === undefined ? undefined : wholeNumber('--rate-limit', rateLimit, 1, 1_000_000),
    retryAfter: textOf('retryAfter'),
    latency: latency === undefined ? DEFAULT_CONFIG.latency : parseLatency(latency),
    faults: faults === undefined ? [] : parseFaults(faults),
    seed: wholeNumber('--seed', textOf('seed') ?? '1', 0, 2 ** 32 - 1),
    logOperations: settings['logOperations'] === true,
    redirectTo: textOf('redirectTo'),
  };
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new ConfigError(`${flag} ${text}: expected a whole number from ${min} to ${max}`);
}
