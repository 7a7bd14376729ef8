/** CSV and TSV rows to operations. The hot path: one string per row, no objects, nothing looked up by name. */
import type { Plan } from '../../domain/plan.ts';
import { nameText, PERSON_KINDS, type PersonKind } from '../../domain/person.ts';
import { compileAttributes } from './attribute-fields.ts';
import { createEventCells } from './event-cells.ts';
import { createIdentifiers } from '../checks/identifiers.ts';
import type { Packer } from './packer.ts';
import type { Emitter, Identify } from './writer.ts';

const ABSENT = -1;

type AddressKind = 'id' | 'email' | 'cio_id' | 'anonymous_id';

export function createCellRows(plan: Plan, packer: Packer, emitter: Emitter): (cells: readonly string[]) => void {
  const address = createAddress(plan, packer);
  const { id, email, cioId, anonymousId } = address;
  const { action } = plan;
  const write =
    plan.kind === 'events'
      ? createEventCells(plan, packer, emitter)
      : action === 'identify'
        ? createIdentifyCells(plan, packer, emitter, address)
        : undefined;

  const withoutPerson = (cells: readonly string[]): void => {
    const value = anonymousId === ABSENT ? '' : (cells[anonymousId] ?? '');
    if (value === '')
      packer.invalid(
        'no_identifier',
        'the row has no identifier: every identifier cell is empty',
        address.columnOfNone,
      );
    else if (!address.isBad('anonymous_id', value)) write?.('anonymous_id', value, cells);
  };

  return (cells) => {
    const idValue = id === ABSENT ? '' : (cells[id] ?? '');
    const cioValue = cioId === ABSENT ? '' : (cells[cioId] ?? '');
    const kind = cioValue !== '' ? 'cio_id' : idValue !== '' ? 'id' : 'email';
    const value =
      kind === 'email'
        ? email === ABSENT
          ? ''
          : (cells[email] ?? '')
        : kind === 'id'
          ? idValue
          : cioValue.startsWith('cio_')
            ? cioValue.slice(4)
            : cioValue;
    if (value === '' && cioValue === '') return withoutPerson(cells);
    if (address.isBad(kind, value)) return;
    if (write !== undefined) return write(kind, value, cells);
    if (action !== 'identify') emitter.act(kind, value, action);
  };
}

/** The columns that say whom a row is about. */
interface Address {
  /** Indexes of their cells, or ABSENT. */
  readonly id: number;
  readonly email: number;
  readonly cioId: number;
  /** Of events: it addresses those that have nothing else. */
  readonly anonymousId: number;
  /** Whether an identifier is unusable (and the row settled as invalid). */
  isBad(kind: AddressKind, value: string): boolean;
  /** The column to point at where all are empty, from 1 on. */
  readonly columnOfNone: number | undefined;
}

function createAddress(plan: Plan, packer: Packer): Address {
  const identifiers = createIdentifiers(plan, packer);
  const columnOf = (role: AddressKind): { readonly index: number; readonly name: string } =>
    plan.columns.find((column) => column.role === role) ?? { index: ABSENT, name: '' };
  const columns: Readonly<Record<AddressKind, ReturnType<typeof columnOf>>> = {
    id: columnOf('id'),
    email: columnOf('email'),
    cio_id: columnOf('cio_id'),
    anonymous_id: columnOf('anonymous_id'),
  };
  const { id, email } = columns;
  return {
    id: id.index,
    email: email.index,
    cioId: columns.cio_id.index,
    anonymousId: columns.anonymous_id.index,
    isBad: (kind, value) => identifiers.isBad(kind, value, columns[kind].name, columns[kind].index + 1),
    columnOfNone: [id, email, columns.anonymous_id].flatMap(({ index }) => (index === ABSENT ? [] : [index + 1]))[0],
  };
}

/** The identifiers that do not address the person become attributes, which an identify sets. */
function createIdentifyCells(
  plan: Plan,
  packer: Packer,
  emitter: Emitter,
  address: Address,
): (kind: PersonKind, value: string, cells: readonly string[]) => void {
  const attributes = compileAttributes(plan, false, packer);
  /** Identifiers that a row sets beside its address: the columns of identifiers, and attributes that are some. */
  const names: Record<PersonKind | '_timestamp', string> = {
    id: '',
    email: '',
    cio_id: '',
    phone: '',
    anonymous_id: '',
    _timestamp: nameText(plan.constants['_timestamp']),
  };
  const nameColumns = plan.columns.flatMap(({ role, path, index }) => {
    const kind =
      path.length === 1 ? ([...PERSON_KINDS, '_timestamp'] as const).find((one) => one === path[0]) : undefined;
    return role === 'attribute' && kind !== undefined ? [{ kind, index }] : [];
  });
  const [constantId, constantEmail] = [nameText(plan.constants['id']), nameText(plan.constants['email'])];
  for (const kind of PERSON_KINDS) names[kind] = nameText(plan.constants[kind]);

  /** Filled anew for every row: it does not outlive the call that it is given to. */
  const identify: { -readonly [K in keyof Identify]: Identify[K] } = {
    kind: 'id',
    value: '',
    attributes: '',
    names,
    seconds: null,
  };

  return (kind, value, cells) => {
    const ownId = kind === 'cio_id' && address.id !== ABSENT ? (cells[address.id] ?? '') : '';
    const ownEmail = kind !== 'email' && address.email !== ABSENT ? (cells[address.email] ?? '') : '';
    if (ownId !== '' && address.isBad('id', ownId)) return;
    if (ownEmail !== '' && address.isBad('email', ownEmail)) return;
    let first = ownId === '' ? '' : `"id":${packer.quote(ownId)}`;
    if (ownEmail !== '') first += `${first === '' ? '' : ','}"email":${packer.quote(ownEmail)}`;
    const text = attributes(cells, first);
    if (text === null) return;
    names.id = ownId || constantId;
    names.email = ownEmail || constantEmail;
    for (const { kind, index } of nameColumns) names[kind] = cells[index] ?? '';
    identify.kind = kind;
    identify.value = value;
    identify.attributes = text;
    emitter.identify(identify);
  };
}
