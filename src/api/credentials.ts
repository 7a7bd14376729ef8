/** A secret that no log, template string, JSON or inspection can show. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

export interface TrackCredentials {
  readonly siteId: Secret;
  readonly apiKey: Secret;
}

/** HTTP Basic, standard base64 of the UTF-8 pair (docs/customerio.md 1). */
export function basicAuth(credentials: TrackCredentials): string {
  return `Basic ${Buffer.from(`${credentials.siteId.reveal()}:${credentials.apiKey.reveal()}`).toString('base64')}`;
}
