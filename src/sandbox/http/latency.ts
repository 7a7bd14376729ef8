import { ConfigError } from './config-error.ts';

/** How long an answer takes, in milliseconds. */
export interface Latency {
  readonly minMs: number;
  readonly maxMs: number;
}

const LATENCY_MAX_MS = 600_000;

/** Reads `80` or `20-200` (milliseconds). */
export function parseLatency(text: string): Latency {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim().replace(/ms$/, ''));
  const minMs = Number(match?.[1]);
  const maxMs = Number(match?.[2] ?? match?.[1]);
  if (match === null || maxMs < minMs || maxMs > LATENCY_MAX_MS) {
    throw new ConfigError(`--latency ${text}: expected milliseconds such as 80, or a range such as 20-200`);
  }
  return { minMs, maxMs };
}

export function drawLatencyMs(latency: Latency, random: () => number): number {
  return latency.minMs + random() * (latency.maxMs - latency.minMs);
}
