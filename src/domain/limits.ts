/** Size limits of Customer.io, in bytes of UTF-8. Source: the API reference, section 5.1. */

/** A person's `id` (documented); applied to e-mails too would refuse valid ones, see EMAIL_BYTES_MAX. */
export const ID_BYTES_MAX = 150;
/** No limit is documented for an e-mail: the one of attribute values is used, since it is stored as one. */
export const EMAIL_BYTES_MAX = 1_000;
export const ATTRIBUTE_NAME_BYTES_MAX = 150;
/** Per string; in nested attributes per leaf (whether the service means the leaf or the whole is not documented). */
export const ATTRIBUTE_VALUE_BYTES_MAX = 1_000;
/** Attributes of a person, and of one identify call. */
export const ATTRIBUTES_MAX = 300;
export const EVENT_NAME_BYTES_MAX = 100;
/** The data of an event sent through v1. */
export const EVENT_DATA_BYTES_MAX = 100_000;
/** One item of a v2 batch: documented as 32 kb, taken as 32 000 because the unit is ambiguous (section 12, row 1). */
export const ITEM_BYTES_MAX = 32_000;

/** UTF-8 bytes of a text when they are over `bytesMax`, else 0. Counts only when it could be over. */
export function bytesOver(text: string, bytesMax: number): number {
  if (text.length * 3 <= bytesMax) return 0;
  const bytes = Buffer.byteLength(text);
  return bytes > bytesMax ? bytes : 0;
}
