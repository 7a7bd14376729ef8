import { classify, type Sender, type Signals, type WireRequest } from '../domain/wire.ts';
import type { Pacer } from './pacer.ts';

/** The question for the region of the account. It costs nothing, changes nothing, and proves that key and service are there. */
export const REGION_REQUEST: WireRequest = {
  method: 'GET',
  path: '/api/v1/accounts/region',
  body: new Uint8Array(),
  rows: 0,
  attempt: 0,
};

/** Does the service answer at all? False, too, when `stopping` aborts first. */
export type Probe = (signals: Signals) => Promise<boolean>;

/** A probe goes ahead of everything else, and takes no slot: whoever asks may be holding one. */
export function createProbe(wire: Sender, pacer: Pacer): Probe {
  return async (signals) => {
    await pacer.start(0, true, signals.stopping);
    if (signals.stopping.aborted) return false;
    const verdict = classify(await wire.send(REGION_REQUEST, signals));
    return verdict !== 'retryable' && verdict !== 'throttled';
  };
}

export interface AccountRegion {
  readonly region: string | undefined;
  /** The workspace id. */
  readonly environmentId: number | undefined;
}

/**
 * The reply has been written in two ways: `region` and `data_center` (docs/customerio.md 1, and recordings of older clients). Where it names neither, the
 * host in its `url` tells. The id of the workspace is a number, or its digits as text.
 */
export function parseRegion(body: string): AccountRegion {
  const said = parse(body);
  const { region, data_center: dataCenter, url, environment_id: environmentId } = said;
  return {
    region: regionOf(region) ?? regionOf(dataCenter) ?? regionOfUrl(url),
    environmentId: wholeNumber(environmentId),
  };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const said: unknown = JSON.parse(body);
    return typeof said === 'object' && said !== null ? { ...said } : {};
  } catch {
    return {}; // nothing, or too long to be kept: it names no region
  }
}

function regionOf(text: unknown): string | undefined {
  const region = typeof text === 'string' ? text.trim().toLowerCase() : '';
  return region === '' ? undefined : region;
}

function regionOfUrl(url: unknown): string | undefined {
  const host =
    typeof url === 'string'
      ? /^(?:https:\/\/)?(track(?:-eu)?\.customer\.io)(?:\/|$)/i.exec(url.trim())?.[1]?.toLowerCase()
      : undefined;
  if (host === undefined) return undefined;
  return host === 'track.customer.io' ? 'us' : 'eu';
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
