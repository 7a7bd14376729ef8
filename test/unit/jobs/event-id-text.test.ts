import { expect, it } from 'vitest';
import { eventIdIn, withEventId } from '../../../src/jobs/event-id-text.ts';

const ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

it.for([
  [
    `{"type":"person","identifiers":{"id":"x"},"action":"event","name":"n","id":"${ID}","attributes":{"id":"y","n":12345678901234567890}}`,
    ID,
  ],
  [`{ "id" : "${ID}" , "name":"\\"id\\":\\"no\\"" }`, ID],
  [`{"name":"id","data":["id",{"id":"no"}],"id":"${ID}"}`, ID],
  ['{"type":"person","identifiers":{"id":"x"},"action":"identify","attributes":{"id":"y"}}', undefined],
  ['{"name":"id","id":7}', undefined],
  ['', undefined],
] as const)('the id of an event stands at the top of its text, whatever else is called id: %s', ([text, id]) => {
  expect(eventIdIn(text)).toBe(id);
  expect(withEventId(text, 'other')).toBe(id === undefined ? text : text.replace(`"${ID}"`, '"other"'));
});
