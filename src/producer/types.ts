/** What callers of `cio-bulk/producer` write. It imports nothing, so that their compiler needs nothing. */

/** A person: a text is an `id`. Exactly one identifier. */
export type Person =
  | string
  | { readonly id: string }
  | { readonly email: string }
  | { readonly cio_id: string }
  | { readonly anonymous_id: string };

export type Attributes = Readonly<Record<string, unknown>>;

/** An operation of the Track API v2, such as `{type: 'person', action: 'identify', identifiers: {id: '7'}, attributes: {}}`. */
export type Operation = Readonly<Record<string, unknown>>;

export interface OperationOptions {
  /** What it is kept in order with: operations with the same key. The identifier, unless it is given. */
  readonly key?: string | undefined;
}

export interface TimedOptions extends OperationOptions {
  /** When it happened; a number is in seconds. Now, unless it is given. */
  readonly timestamp?: Date | number | undefined;
}

export interface TrackOptions extends TimedOptions {
  /** A ULID, or any text that tells this event from others of its person and name: the same id is the same event. */
  readonly id?: string | undefined;
}
