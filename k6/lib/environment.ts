/** Settings of a script, which come from environment variables only. A wrong value stops k6 before it sends anything. */
import encoding from 'k6/encoding';
import type { ScenarioName } from '../../src/domain/loadtest.ts';
import type { ShapeInput } from './shape.ts';

interface Credentials {
  readonly siteId: string;
  readonly trackApiKey: string;
}

/** Load parameters from CIO_BULK_RATE, _DURATION, _MAX_USERS, _P95, _P99 and _BATCH_SIZE. */
export function readShapeInput(scenario: ScenarioName): ShapeInput {
  return {
    scenario,
    rate: readNumber('CIO_BULK_RATE'),
    durationMs: readDuration('CIO_BULK_DURATION'),
    maxUsers: Math.floor(readNumber('CIO_BULK_MAX_USERS') ?? 5_000),
    p95Ms: readNumber('CIO_BULK_P95') ?? 500,
    p99Ms: readNumber('CIO_BULK_P99') ?? 2_000,
    batchSize: Math.floor(readNumber('CIO_BULK_BATCH_SIZE') ?? 200),
  };
}

/** Base URL of the Track API. There is no default: a load test never picks its own target. */
export function readTarget(): string {
  const url = (__ENV['CUSTOMERIO_TRACK_URL'] ?? '').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/?#]+$/.test(url)) {
    throw new Error('set CUSTOMERIO_TRACK_URL to the base URL of a sandbox or a staging workspace, without a path');
  }
  if (/customer\.io(:\d+)?$/.test(url) && __ENV['CUSTOMERIO_ENVIRONMENT'] !== 'staging') {
    throw new Error('a load test of a real workspace needs CUSTOMERIO_ENVIRONMENT=staging');
  }
  return url;
}

/** The Authorization header: from the file named by CIO_BULK_SECRETS (JSON, mode 0600), else from CUSTOMERIO_*. */
export function readAuthorization(): string {
  const { siteId, trackApiKey } = readCredentials();
  if (siteId === '' || trackApiKey === '') {
    throw new Error(
      'set CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY in the environment (never with -e: argv is public)',
    );
  }
  return `Basic ${encoding.b64encode(`${siteId}:${trackApiKey}`)}`;
}

function readCredentials(): Credentials {
  const file = __ENV['CIO_BULK_SECRETS'] ?? '';
  if (file === '')
    return { siteId: __ENV['CUSTOMERIO_SITE_ID'] ?? '', trackApiKey: __ENV['CUSTOMERIO_TRACK_API_KEY'] ?? '' };
  const secrets = JSON.parse(open(file)) as Record<string, unknown>;
  const text = (name: string): string => (typeof secrets[name] === 'string' ? secrets[name] : '');
  return { siteId: text('CUSTOMERIO_SITE_ID'), trackApiKey: text('CUSTOMERIO_TRACK_API_KEY') };
}

function readNumber(name: string): number | null {
  const text = __ENV[name] ?? '';
  if (text === '') return null;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} must be a number above 0, not "${text}"`);
  return value;
}

function readDuration(name: string): number | null {
  const text = __ENV[name] ?? '';
  if (text === '') return null;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
  const value = Number(match?.[1]);
  if (unitMs === undefined || !(value > 0))
    throw new Error(`${name} must be a time such as 30s, 2m or 1h, not "${text}"`);
  return value * unitMs;
}
