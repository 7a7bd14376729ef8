import { fileURLToPath } from 'node:url';
import type { ScenarioName } from '../domain/loadtest.ts';
import type { Secret } from '../domain/secret.ts';

/** What the user asked for; null = the scenario's own. */
export interface LoadRequest {
  readonly scenario: ScenarioName;
  readonly rate: number | null;
  readonly durationMs: number | null;
  readonly maxUsers: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Where the load goes. The keys reach k6 through the environment that it inherits, never through argv. */
export interface LoadTarget {
  /** Base URL of the Track API, without a path. */
  readonly trackUrl: string;
  readonly siteId: Secret;
  readonly trackApiKey: Secret;
  readonly isSandbox: boolean;
  /** Value of CUSTOMERIO_ENVIRONMENT. */
  readonly environment: string | undefined;
  readonly region: string | null;
  readonly workspaceId: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** An empty configuration, used instead of the one in the home folder, where `rps` or `paused` would distort every measurement. */
export const K6_CONFIG = fileURLToPath(new URL('../../k6/config.json', import.meta.url));

/** The bundled script of a scenario: `k6/` lies beside `dist/` in the package and beside `src/` in the repository. */
export function scriptOf(scenario: ScenarioName): string {
  return fileURLToPath(new URL(`../../k6/${scenario}.ts`, import.meta.url));
}

/**
 * The environment of k6: the caller's, without its K6_, CIO_BULK_ and CUSTOMERIO_ variables (which could distort the measurement or
 * add a second target), plus ours.
 */
export function k6Environment(callerEnv: Env, request: LoadRequest, target: LoadTarget): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(callerEnv)) {
    if (value !== undefined && !/^(?:K6_|CIO_BULK_|CUSTOMERIO_)/i.test(name)) env[name] = value;
  }
  return {
    ...env,
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    CUSTOMERIO_TRACK_URL: target.trackUrl,
    CUSTOMERIO_SITE_ID: target.siteId.reveal(),
    CUSTOMERIO_TRACK_API_KEY: target.trackApiKey.reveal(),
    ...(target.environment === undefined ? {} : { CUSTOMERIO_ENVIRONMENT: target.environment }),
    ...(request.rate === null ? {} : { CIO_BULK_RATE: String(request.rate) }),
    ...(request.durationMs === null ? {} : { CIO_BULK_DURATION: `${request.durationMs}ms` }),
    CIO_BULK_MAX_USERS: String(request.maxUsers),
    CIO_BULK_P95: String(request.p95Ms),
    CIO_BULK_P99: String(request.p99Ms),
  };
}

/** Writes the dashboard to `path` when the run ends; it opens no port and waits for no browser. */
export function dashboardEnvironment(path: string, durationMs: number): Record<string, string> {
  return {
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_EXPORT: path,
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_HOST: '127.0.0.1',
    // Graphs need more than three periods, but an hour in seconds would be a report of many megabytes.
    K6_WEB_DASHBOARD_PERIOD: durationMs > 900_000 ? '10s' : '1s',
  };
}
