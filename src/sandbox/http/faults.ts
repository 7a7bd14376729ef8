import { ConfigError } from './config-error.ts';

/** What the sandbox can do wrong on purpose (described in docs/sandbox.md). */
export const FAULT_KINDS = [
  '408',
  '429',
  '500',
  '502',
  '503',
  '504',
  '522',
  '524',
  'html502',
  'html503',
  'reset-before',
  'reset-after',
  'timeout',
  'torn',
  'late',
  'partial',
  'errors-in-200',
  'errors-without-index',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultShare {
  readonly kind: FaultKind;
  /** 0 < share <= 1 */
  readonly share: number;
}

/** Reads `429=1%,500=0.5%,reset-after=0.1%`. */
export function parseFaults(text: string): FaultShare[] {
  const shares = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseShare);
  const sum = shares.reduce((total, { share }) => total + share, 0);
  if (sum > 1 + 1e-9) throw new ConfigError(`--faults: the shares add up to ${round(sum * 100)}%, more than 100%`);
  const kinds = shares.map(({ kind }) => kind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) throw new ConfigError(`--faults: ${twice} is given twice`);
  return shares;
}

function parseShare(part: string): FaultShare {
  const [name = '', value = ''] = part.split('=', 2);
  const kind = FAULT_KINDS.find((kind) => kind === name.trim());
  if (kind === undefined) {
    throw new ConfigError(`--faults: unknown fault "${name.trim()}"; expected one of ${FAULT_KINDS.join(', ')}`);
  }
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value.trim())?.[1];
  if (percent === undefined || Number(percent) > 100) {
    throw new ConfigError(`--faults: "${part}" needs a percentage from 0% to 100%, such as ${kind}=0.5%`);
  }
  return { kind, share: Number(percent) / 100 };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** One random draw decides what happens to a request; undefined means that it is served. */
export function drawFault(shares: readonly FaultShare[], random: () => number): FaultKind | undefined {
  if (shares.length === 0) return undefined;
  let left = random();
  for (const { kind, share } of shares) {
    if (left < share) return kind;
    left -= share;
  }
  return undefined;
}
