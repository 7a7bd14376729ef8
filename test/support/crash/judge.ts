import type { MixedRow } from './mixed-file.ts';

/** What the service holds, compared with what the file says. The promise is that every number is zero. */
export interface Verdict {
  /** Rows that never arrived: missing events, and rows the service never saw. */
  readonly lost: number;
  /** Events that count more than once. */
  readonly doubled: number;
  /** Rows that first arrived after a later row of the same person. */
  readonly outOfOrder: number;
  /** People whose values are not the last ones in the file. */
  readonly stale: number;
}

export const CLEAN: Verdict = { lost: 0, doubled: 0, outOfOrder: 0, stale: 0 };
const PAGE = 20_000;

/** Judges from the service's side alone: by what it stored, and by its log of every operation in the order received. */
export async function judge(sandboxUrl: string, rows: readonly MixedRow[]): Promise<Verdict> {
  const arrival = await arrivals(sandboxUrl, rows);
  const events = await eventCounts(sandboxUrl, rows);
  return {
    lost: arrival.lost + events.missing,
    doubled: events.doubled,
    outOfOrder: arrival.outOfOrder,
    stale: await stalePersons(sandboxUrl, rows),
  };
}

interface LogLine {
  readonly operation: {
    readonly attributes?: { readonly n?: number };
    readonly action?: string;
    readonly secondary?: { readonly id?: string };
  };
}

async function arrivals(url: string, rows: readonly MixedRow[]): Promise<{ lost: number; outOfOrder: number }> {
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  const byMerge = new Map(rows.filter(({ kind }) => kind === 'merge').map((row) => [row.persons[1], row]));
  const seen = new Set<number>();
  const latest = new Map<string, number>();
  let outOfOrder = 0;
  for await (const { operation } of lines<LogLine>(url, 'log')) {
    const row =
      operation.action === 'merge'
        ? byMerge.get(`id:${operation.secondary?.id ?? ''}`)
        : byNumber.get(operation.attributes?.n ?? 0);
    if (!row || seen.has(row.n)) continue;
    seen.add(row.n);
    if (row.persons.some((person) => (latest.get(person) ?? 0) > row.n)) outOfOrder++;
    for (const person of row.persons) latest.set(person, Math.max(row.n, latest.get(person) ?? 0));
  }
  return { lost: rows.length - seen.size, outOfOrder };
}

async function eventCounts(url: string, rows: readonly MixedRow[]): Promise<{ missing: number; doubled: number }> {
  const counts = new Map<number, number>();
  for await (const { data } of lines<{ data: { n?: number } }>(url, 'events'))
    counts.set(data.n ?? 0, (counts.get(data.n ?? 0) ?? 0) + 1);
  const expected = rows.filter(({ kind }) => kind === 'event').map(({ n }) => counts.get(n) ?? 0);
  return {
    missing: expected.filter((count) => count === 0).length,
    doubled: expected.filter((count) => count > 1).length,
  };
}

async function stalePersons(url: string, rows: readonly MixedRow[]): Promise<number> {
  const last = new Map<string, Record<string, unknown>>();
  for (const row of rows) {
    if (row.kind !== 'identify') continue;
    const { attributes } = JSON.parse(row.line) as { attributes: Record<string, unknown> };
    last.set(row.id, { ...last.get(row.id), ...attributes });
  }
  for await (const person of lines<{ id: string | null; email: string | null; attributes: Record<string, unknown> }>(
    url,
    'people',
  )) {
    const expected = person.id === null ? undefined : last.get(person.id);
    const stored: Record<string, unknown> = { ...person.attributes, email: person.email };
    if (person.id !== null && expected && Object.entries(expected).every(([name, value]) => stored[name] === value))
      last.delete(person.id);
  }
  return last.size;
}

async function* lines<T extends object>(
  url: string,
  readout: 'people' | 'events' | 'log',
): AsyncGenerator<T & { readonly seq: number }> {
  for (let after = 0; ;) {
    const response = await fetch(`${url}/_sandbox/${readout}?after=${after}&limit=${PAGE}`);
    if (!response.ok) throw new Error(`the sandbox answered ${response.status} for ${readout}`);
    const page = (await response.text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T & { readonly seq: number });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
  }
}
