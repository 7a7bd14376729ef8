/** Names that do more than store a value (API reference, section 5.4): worth a warning, once per column. */
import type { Kind } from '../../domain/plan.ts';

const PEOPLE: ReadonlyMap<string, string> = new Map([
  ['id', "sets the person's id"],
  ['email', "sets the person's e-mail"],
  ['cio_id', 'is the immutable id of Customer.io and cannot be set'],
  ['phone', 'may identify the person'],
  ['anonymous_id', 'claims earlier anonymous events for the person'],
  ['unsubscribed', 'unsubscribes people or subscribes them; a value that is no yes or no makes its row invalid'],
  ['cio_subscription_preferences', "replaces the person's subscription preferences"],
  ['_cio_subscription_preferences_computed', 'is read-only'],
  ['_created_in_customerio_at', 'belongs to the system'],
  ['_last_emailed', 'belongs to the system'],
  ['_timestamp', 'orders updates: an older one is ignored'],
  ['_update', 'when true, no person is created'],
  ['timezone', "decides when messages in the person's time zone are sent"],
  ['timezone_valid', 'belongs to the system'],
  ['cio_email_tracking_consent', 'decides whether e-mails are tracked'],
]);

const EVENTS: ReadonlyMap<string, string> = new Map([
  ['recipient', 'overrides whom a message goes to'],
  ['from_address', 'overrides the sender of a message'],
  ['reply_to', 'overrides the reply address of a message'],
]);

const MEANINGS: Partial<Readonly<Record<Kind, ReadonlyMap<string, string>>>> = { people: PEOPLE, events: EVENTS };

/** What an attribute of this name does, or null when it is an ordinary one. */
export function reservedMeaning(kind: Kind, name: string): string | null {
  const meaning = MEANINGS[kind]?.get(name);
  if (meaning !== undefined) return `"${name}" ${meaning}`;
  if (kind === 'people' && name.startsWith('cio_subscription_preferences.'))
    return `"${name}" changes the person's subscription preferences`;
  if (kind === 'people' && name.toLowerCase() === 'unsubscribed')
    return `"${name}" unsubscribes nobody: the attribute is called unsubscribed, in small letters (rename it with --map)`;
  return null;
}
