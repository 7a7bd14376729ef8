import { addDevice, removeDevice, tokenOf } from './devices.ts';
import { deletePerson, suppressPerson, unsuppressPerson } from './forget.ts';
import { identify, toProfileChange } from './identify.ts';
import { mergePeople } from './merge-people.ts';
import {
  deleteObject,
  identifyObject,
  relateObject,
  relatePerson,
  toObjectKey,
  toPersonKey,
  type RelationshipAction,
} from './relate.ts';
import { isObject, toName, type JsonObject } from '../store/json.ts';
import type { PersonKey } from '../store/people.ts';
import type { Effect } from '../store/records.ts';
import type { Workspace } from '../store/workspace.ts';
import { toTrackedEvent, trackAnonymous, trackEvent } from './track-event.ts';
import { isAnonymousEvent } from './validate-operation.ts';

/** Applies one valid v2 operation, whatever its type. */
export function applyOperation(workspace: Workspace, operation: JsonObject): Effect {
  const action = String(operation['action']);
  if (action === 'merge') return applyMerge(workspace, operation);
  if (operation['type'] === 'object') return applyToObject(workspace, operation, action);
  if (operation['type'] === 'delivery') return applyToDelivery(workspace, operation);
  if (isAnonymousEvent(operation, action)) {
    const identifiers = operation['identifiers'];
    const anonymousId = isObject(identifiers) ? toName(identifiers['anonymous_id']) : undefined;
    return trackAnonymous(workspace, anonymousId, toTrackedEvent(operation, action, operation['attributes']));
  }
  const key = toPersonKey(operation['identifiers']);
  return key === undefined ? 'ignored' : applyToPerson(workspace, operation, action, key);
}

function applyToPerson(workspace: Workspace, operation: JsonObject, action: string, key: PersonKey): Effect {
  switch (action) {
    case 'identify':
      return identifyWithRelationships(workspace, operation, key);
    case 'event':
    case 'page':
    case 'screen':
      return trackEvent(workspace, key, toTrackedEvent(operation, action, operation['attributes']));
    case 'delete':
      return deletePerson(workspace, key);
    case 'suppress':
      return suppressPerson(workspace, key);
    case 'unsuppress':
      return unsuppressPerson(workspace, key);
    case 'add_device':
      return addDevice(workspace, key, operation['device'], 'token');
    case 'delete_device':
      return removeDevice(workspace, key, tokenOf(operation['device'], 'token'));
    default:
      return relatePerson(workspace, key, toRelationshipAction(action), toList(operation['cio_relationships']));
  }
}

function identifyWithRelationships(workspace: Workspace, operation: JsonObject, key: PersonKey): Effect {
  const { attributes, timestamp } = operation;
  const effect = identify(workspace, key, toProfileChange(isObject(attributes) ? attributes : {}, timestamp));
  const related = toList(operation['cio_relationships']);
  if (effect === 'applied' && related.length > 0) relatePerson(workspace, key, 'add_relationships', related);
  return effect;
}

function applyMerge(workspace: Workspace, operation: JsonObject): Effect {
  const primary = toPersonKey(operation['primary']);
  const secondary = toPersonKey(operation['secondary']);
  return primary === undefined || secondary === undefined ? 'ignored' : mergePeople(workspace, primary, secondary);
}

function applyToObject(workspace: Workspace, operation: JsonObject, action: string): Effect {
  const key = toObjectKey(operation['identifiers']);
  const { attributes } = operation;
  if (key === undefined) return 'ignored';
  if (action === 'delete') return deleteObject(workspace, key);
  const related = toList(operation['cio_relationships']);
  if (action !== 'identify' && action !== 'identify_anonymous') {
    return relateObject(workspace, key, toRelationshipAction(action), related);
  }
  const object = identifyObject(workspace, key, isObject(attributes) ? attributes : {});
  if (object !== undefined && action === 'identify') relateObject(workspace, key, 'add_relationships', related);
  return object === undefined ? 'ignored' : 'applied';
}

function applyToDelivery(workspace: Workspace, operation: JsonObject): Effect {
  const { identifiers } = operation;
  const deliveryId = isObject(identifiers) ? toName(identifiers['id']) : undefined;
  workspace.records.delivery(deliveryId ?? '', String(operation['name']), operation);
  return 'applied';
}

function toRelationshipAction(action: string): RelationshipAction {
  return action === 'add_relationships' ? 'add_relationships' : 'delete_relationships';
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
