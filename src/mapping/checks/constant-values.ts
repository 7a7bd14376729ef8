/** What a constant must not do: every row has it, so what would be one bad row in a column is the whole file here. */
import { CioBulkError } from '../../domain/errors.ts';
import { ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, bytesOver } from '../../domain/limits.ts';
import { PERSON_KINDS } from '../../domain/person.ts';
import type { Plan } from '../../domain/plan.ts';
import { MOMENTS } from '../../domain/roles.ts';
import { safeText } from '../plan/column-names.ts';
import { parseTime, timeFault } from '../values/times.ts';

type Constants = Readonly<Record<string, unknown>>;

/** The constants as they are sent, times in unix seconds. Throws `mapping` for those that would spoil every row. */
export function checkConstants(constants: Constants, { kind, timezone }: Pick<Plan, 'kind' | 'timezone'>): Constants {
  if (kind === 'events') return constants; // data, which the limits of a whole event hold
  for (const [name, value] of Object.entries(constants)) {
    if (kind === 'people' && PERSON_KINDS.some((one) => one === name))
      throw refusal(
        name,
        'would give every person of the file the same identifier, and make one person of them all',
        'leave it out, or name the column that identifies people with --id-column or --email-column',
      );
    assertWithinLimits(name, value, ATTRIBUTE_NAME_BYTES_MAX);
  }
  const moment = MOMENTS[kind] ?? '';
  const time = constants[moment];
  return typeof time === 'string' ? { ...constants, [moment]: secondsOf(moment, time, timezone) } : constants;
}

function secondsOf(name: string, text: string, timezone: string | null): number {
  const timeMs = parseTime(text, 'auto', timezone);
  if (Number.isNaN(timeMs))
    throw refusal(name, timeFault(text, 'auto', timezone), 'give ISO 8601 with an offset, or unix seconds');
  return Math.floor(timeMs / 1000);
}

/** Of nested values every text counts, as in rows. */
function assertWithinLimits(name: string, value: unknown, nameBytesMax: number): void {
  const nameBytes = bytesOver(name, nameBytesMax);
  if (nameBytes > 0) throw refusal(name, `has a name of ${nameBytes} bytes; the limit is ${nameBytesMax}`);
  if (typeof value === 'string') {
    const bytes = bytesOver(value, ATTRIBUTE_VALUE_BYTES_MAX);
    if (bytes > 0) throw refusal(name, `has ${bytes} bytes; the limit is ${ATTRIBUTE_VALUE_BYTES_MAX}`);
  } else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) assertWithinLimits(key, inner, nameBytesMax);
}

function refusal(name: string, what: string, hint?: string): CioBulkError {
  return new CioBulkError(
    'mapping',
    `the constant "${safeText(name, 60)}" ${what}`,
    hint === undefined ? {} : { hint },
  );
}
