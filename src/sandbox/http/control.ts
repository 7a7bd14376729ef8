import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';
import { readEvents, readLog, readPeople, readThings } from '../app/readouts.ts';
import { send } from './send.ts';
import { json, type Answer } from './wire.ts';

/** `/_sandbox/...`: what tests ask. It needs no credentials, has no faults or latency, and is not counted as traffic. */
export async function serveControl(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await exchange.workspace.transaction.committed();
  send(response, controlAnswer(exchange, request));
}

function controlAnswer(exchange: Exchange, request: IncomingMessage): Answer {
  const { workspace, traffic } = exchange;
  const url = new URL(request.url ?? '/', exchange.url());
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /_sandbox/state':
      return json(200, state(exchange));
    case 'GET /_sandbox/traffic':
      return json(200, traffic.snapshot());
    case 'GET /_sandbox/people':
      return ndjson(readPeople(workspace, url.searchParams));
    case 'GET /_sandbox/events':
      return ndjson(readEvents(workspace, url.searchParams));
    case 'GET /_sandbox/devices':
      return ndjson(readThings(workspace, 'devices', url.searchParams));
    case 'GET /_sandbox/objects':
      return ndjson(readThings(workspace, 'objects', url.searchParams));
    case 'GET /_sandbox/relationships':
      return ndjson(readThings(workspace, 'relationships', url.searchParams));
    case 'GET /_sandbox/log':
      return ndjson(readLog(workspace, url.searchParams));
    case 'POST /_sandbox/reset':
      workspace.reset();
      traffic.reset();
      return json(200, {});
    default:
      return json(404, { meta: { error: 'not found; see docs/sandbox.md' } });
  }
}

/** Counts of the workspace (as stored) and of the traffic (of this process). Add fields, never rename. */
function state({ workspace, traffic }: Exchange): Readonly<Record<string, unknown>> {
  const activities = workspace.activities.counts();
  return {
    people: workspace.people.count(),
    events: activities.events,
    suppressed: workspace.suppression.count(),
    objects: workspace.objects.count(),
    relationships: workspace.objects.relationshipCount(),
    deliveries: workspace.records.deliveryCount(),
    failed_changes: activities.failed,
    skipped_updates: activities.skipped,
    deleted_people: activities.deleted,
    ...traffic.snapshot(),
  };
}

function ndjson(lines: readonly string[]): Answer {
  const body = lines.map((line) => `${line}\n`).join('');
  return { status: 200, body, headers: { 'content-type': 'application/x-ndjson; charset=utf-8' } };
}
