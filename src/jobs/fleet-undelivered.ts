import { resolve } from 'node:path';
import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { UndeliveredState } from '../domain/outcome.ts';
import { count, plural, span } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { textTable } from '../domain/text/table.ts';
import {
  fleetState,
  sendAgain,
  undeliveredPages,
  type FleetState,
  type UndeliveredOperation,
} from '../fleet/fleet-state.ts';
import type { Terminal } from '../output/terminal.ts';
import { writeToFile, writeToStdout } from '../output/write-lines.ts';
import { withProducerSession } from '../session/fleet-session.ts';

export interface FleetLook {
  readonly redisUrl: string | undefined;
  readonly envFile: string | undefined;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** `status --redis`: what is pending and for how long, by lane, and what ended how. */
export function showFleet(look: FleetLook): Promise<ExitCode> {
  return withProducerSession(look, async ({ link, keys }) => {
    const state = await fleetState(link, keys);
    look.terminal.json(stateFields(state));
    if (!look.terminal.options.json) look.terminal.data(stateText(state));
    return EXIT.ok;
  });
}

/** The state as a line of JSON: names are a contract. */
function stateFields({ lanes, pending, ended, held }: FleetState) {
  return {
    type: 'fleet',
    pending,
    oldest_ms: oldestOf(lanes),
    ...ended,
    held,
    lanes: lanes.map(({ lane, pending: inLane, again, oldestMs }) => ({
      lane,
      pending: inLane,
      again,
      oldest_ms: oldestMs,
    })),
  };
}

function stateText({ lanes, pending, ended, held }: FleetState): string {
  const oldest = oldestOf(lanes);
  const lines = [
    `${plural(pending, 'operation')} pending${oldest === null ? '' : `, the oldest for ${span(oldest)}`}`,
    ...Object.entries(ended).map(([state, operations]) => `  ${state.padEnd(9)} ${count(operations)}`),
    ...(held > 0 ? [`${plural(held, 'ordering key')} with failed operations: cio-bulk retry-failed --redis`] : []),
  ];
  if (lanes.length === 0) return lines.join('\n');
  const rows = lanes.map(({ lane, pending: inLane, again, oldestMs }) => [
    String(lane),
    count(inLane),
    count(again),
    oldestMs === null ? '' : span(oldestMs),
  ]);
  return `${lines.join('\n')}\n${textTable(['lane', 'pending', 'again', 'oldest'], rows)}`;
}

function oldestOf(lanes: FleetState['lanes']): number | null {
  return lanes.reduce<number | null>(
    (oldest, { oldestMs }) => (oldestMs === null ? oldest : Math.max(oldest ?? 0, oldestMs)),
    null,
  );
}

/** `failures --redis`: undelivered operations as NDJSON, with the reason, ready to be corrected and enqueued. */
export function writeFleetFailures(output: string | undefined, look: FleetLook): Promise<ExitCode> {
  const { host, terminal } = look;
  return withProducerSession(look, async ({ link, keys }) => {
    const lines: string[] = [];
    for await (const page of undeliveredPages(link, keys)) lines.push(...page.map(failureLine));
    const toStdout = output === undefined || output === '-';
    const written = toStdout ? await writeToStdout(lines, host) : writeToFile(lines, resolve(host.cwd, output), output);
    if (written === undefined) return host.stopCode() ?? EXIT.ok;
    terminal.say(`${plural(written, 'undelivered operation')}${toStdout ? '' : ` in ${safeLine(output)}`}`);
    return EXIT.ok;
  });
}

function failureLine({ lane, orderingKey, text, state, code, reason }: UndeliveredOperation): string {
  const added = {
    cio_bulk_lane: lane,
    cio_bulk_key: orderingKey,
    cio_bulk_state: state,
    cio_bulk_code: code,
    cio_bulk_reason: reason,
  };
  if (!text.startsWith('{"') || state === 'invalid') return JSON.stringify({ ...added, cio_bulk_record: text });
  return `${JSON.stringify(added).slice(0, -1)},${text.slice(1)}`; // its own text: numbers keep their digits
}

/** `retry-failed --redis`: whoever works in their lanes sends them again, before anything newer. */
export function retryFleet(states: readonly UndeliveredState[], look: FleetLook): Promise<ExitCode> {
  const { terminal } = look;
  return withProducerSession(look, async ({ link, keys }) => {
    const { lanes } = await fleetState(link, keys);
    const underWay = new Set(lanes.filter(({ again }) => again > 0).map(({ lane }) => lane));
    let told = 0;
    let left = 0;
    for await (const page of undeliveredPages(link, keys)) {
      const wanted = page.filter(({ state }) => (states as readonly string[]).includes(state));
      const free = wanted.filter(({ lane }) => !underWay.has(lane));
      await sendAgain(link, keys, free);
      told += free.length;
      left += wanted.length - free.length;
    }
    if (told + left === 0) terminal.say('Nothing to retry: no operation has failed');
    if (told > 0)
      terminal.say(`${plural(told, 'operation')} will be sent again by the workers, before what is pending`);
    if (left > 0)
      terminal.warn(`${plural(left, 'operation')} left out: their lanes still have some to send again; run this later`);
    terminal.json({ type: 'retry', operations: told, left_out: left });
    return EXIT.ok;
  });
}
