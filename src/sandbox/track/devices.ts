import { identify, toProfileChange, toSeconds } from './identify.ts';
import { isObject, toJson, toName } from '../store/json.ts';
import type { PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';

/** The field of a device that holds its token: `token` in v2, `id` in v1. */
export type TokenField = 'token' | 'id';

/** Adds a device, or replaces it. Creates the person, as an event does. */
export function addDevice(workspace: Workspace, key: PersonKey, device: unknown, tokenField: TokenField): Effect {
  const token = tokenOf(device, tokenField);
  if (!isObject(device) || token === undefined || isSuppressed(workspace, key)) return 'ignored';
  const { people, possessions } = workspace;
  if (people.findPid(key) === undefined) identify(workspace, key, toProfileChange({}));
  const pid = people.findPid(key);
  if (pid === undefined) return 'ignored';
  const { attributes, last_used: lastUsed, platform } = device;
  possessions.addDevice(pid, {
    token,
    platform: String(platform),
    last_used: toSeconds(lastUsed) ?? null,
    attributes: toJson(isObject(attributes) ? attributes : {}),
  });
  return 'applied';
}

export function removeDevice(workspace: Workspace, key: PersonKey, token: string | undefined): Effect {
  if (token === undefined || isSuppressed(workspace, key)) return 'ignored';
  const pid = workspace.people.findPid(key);
  if (pid !== undefined) workspace.possessions.removeDevice(pid, token);
  return 'applied';
}

export function tokenOf(device: unknown, field: TokenField): string | undefined {
  return isObject(device) ? toName(device[field]) : undefined;
}

function isSuppressed({ suppression }: Workspace, key: PersonKey): boolean {
  return suppression.isUsed() && suppression.has(key);
}
